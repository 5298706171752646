import FoundationEssentials
import OCI
import Pods
import Testing

@testable import EngineAPI

struct ContainerRequestTests {
    private static func read(_ json: String, processors: Int = 4) throws -> ContainerRequest {
        let body = try JSONDecoder().decode(JSONValue.self, from: Data(json.utf8))
        return try ContainerRequest(body, processors: processors)
    }

    private static func host(_ member: String) -> String { #"{"Image":"busybox","HostConfig":{\#(member)}}"# }

    struct Case: Sendable, CustomTestStringConvertible {
        let json: String
        let holds: @Sendable (PodSpec) -> Bool
        var testDescription: String { json }

        init(_ json: String, _ holds: @escaping @Sendable (PodSpec) -> Bool) {
            self.json = json
            self.holds = holds
        }
    }

    @Test(
        "the process is read as leniently as by Docker",
        arguments: [
            Case(#"{"Image":"busybox"}"#) { $0 == PodSpec(image: "busybox") },
            Case(#"{"Image":"busybox","Cmd":"ls"}"#) { $0.command == ["ls"] },
            Case(#"{"Image":"busybox","Cmd":["ls","-l"],"Entrypoint":null}"#) {
                $0.command == ["ls", "-l"] && $0.entrypoint == nil
            },
            Case(#"{"Image":"busybox","Entrypoint":""}"#) { $0.entrypoint == [] },
            Case(#"{"Image":"busybox","Entrypoint":[""]}"#) { $0.entrypoint == [] },
            Case(#"{"Image":"busybox","Entrypoint":"env"}"#) { $0.entrypoint == ["env"] },
            Case(#"{"Image":"busybox","Env":["A=b"],"WorkingDir":"/w","User":"1:2"}"#) {
                $0.environment == ["A=b"] && $0.workingDirectory == "/w" && $0.user == "1:2"
            },
            Case(#"{"Image":"busybox","Hostname":"web","Domainname":"test","User":"","HostConfig":null}"#) {
                $0.hostname == "web" && $0.refinements.domain == "test" && $0.user == nil
            },
            Case(#"{"Image":"busybox","Tty":true,"OpenStdin":true,"AttachStdin":true}"#) {
                $0.terminal && $0.openInput && $0.refinements.keepsInput && $0.refinements.attached == [.input]
            },
            Case(#"{"Image":"busybox","OpenStdin":true,"StdinOnce":true}"#) { !$0.refinements.keepsInput },
            Case(#"{"Image":"busybox","Labels":{"a":"b"},"StopSignal":"SIGINT","StopTimeout":3}"#) {
                $0.labels == ["a": "b"] && $0.stopSignal == 2 && $0.stopPatience == .seconds(3)
            },
            Case(host(#""AutoRemove":true"#)) { $0.autoRemove },
            Case(host(#""RestartPolicy":{"Name":"on-failure","MaximumRetryCount":3}"#)) {
                $0.restart == .onFailure(max: 3)
            },
            Case(host(#""RestartPolicy":{"Name":"","MaximumRetryCount":0}"#)) { $0.restart == .no },
            Case(host(#""Memory":67108864,"NanoCpus":1500000000"#)) { $0.memory == 64 << 20 && $0.milliCPU == 1500 },
            Case(host(#""CpuQuota":50000"#)) { $0.milliCPU == 500 },
            Case(host(#""CpuQuota":50000,"CpuPeriod":25000"#)) { $0.milliCPU == 2000 },
            Case(host(#""CpuQuota":-1"#)) { $0.milliCPU == nil },
            Case(host(#""CpuQuota":90000000"#)) { $0.milliCPU == 4000 },
            Case(host(#""PidsLimit":100,"ShmSize":1048576,"OomScoreAdj":-5"#)) {
                let options = $0.refinements
                return options.processes == 100 && options.sharedMemory == 1 << 20 && options.oomScoreAdjustment == -5
            },
            Case(host(#""PidsLimit":-1,"MemorySwappiness":-1,"IpcMode":"private""#)) { $0.options == nil },
            Case(host(#""CapAdd":["NET_ADMIN"],"CapDrop":["ALL"],"ReadonlyRootfs":true"#)) {
                $0.refinements.addedCapabilities == ["NET_ADMIN"] && $0.refinements.droppedCapabilities == ["ALL"]
                    && $0.refinements.readOnlyRoot
            },
            Case(host(#""SecurityOpt":["no-new-privileges","seccomp=unconfined"]"#)) {
                !$0.refinements.filtersSystemCalls
            },
            Case(host(#""Ulimits":[{"Name":"nofile","Soft":1,"Hard":-1}],"GroupAdd":["7"]"#)) {
                $0.refinements.limits == [.init(name: "nofile", soft: 1, hard: -1)] && $0.refinements.groups == [7]
            },
            Case(host(#""Tmpfs":{"/b":"size=1m","/a":""}"#)) {
                $0.refinements.tmpfs == [.init(path: "/a"), .init(path: "/b", options: "size=1m")]
            },
            Case(
                host(
                    #""Mounts":[{"Type":"tmpfs","Target":"/t","ReadOnly":true,"TmpfsOptions":{"SizeBytes":5,"Mode":448}}]"#
                )
            ) { $0.refinements.tmpfs == [.init(path: "/t", options: "ro,size=5,mode=700")] },
            Case(host(#""ExtraHosts":["db:10.0.0.1","six:::1"],"Dns":["10.0.0.2"]"#)) {
                $0.refinements.hosts == [.init(name: "db", address: "10.0.0.1"), .init(name: "six", address: "::1")]
                    && $0.refinements.resolver.servers == ["10.0.0.2"]
            },
            Case(host(#""MaskedPaths":[],"ReadonlyPaths":null"#)) {
                $0.refinements.maskedPaths == [] && $0.refinements.readOnlyPaths == nil
            },
            Case(host(#""NetworkMode":"none","LogConfig":{"Type":"","Config":{}}"#)) {
                $0.refinements.network == "none" && $0.refinements.logDriver == "json-file"
            },
            Case(#"{"Image":"busybox","Healthcheck":{"Test":["NONE"],"Interval":0}}"#) { $0.options == nil },
        ]
    )
    func honoured(_ sample: Case) throws {
        let request = try Self.read(sample.json)
        #expect(sample.holds(request.spec), "\(request.spec)")
        #expect(request.warnings == [])
    }

    @Test(
        "what cannot be honoured and does no harm is warned of by its name",
        arguments: [
            (host(#""CpuShares":512"#), "HostConfig.CpuShares"),
            (host(#""CpusetCpus":"0""#), "HostConfig.CpusetCpus"),
            (host(#""OomKillDisable":true"#), "HostConfig.OomKillDisable"),
            (host(#""Memory":67108864,"MemorySwap":134217728"#), "HostConfig.MemorySwap"),
            (host(#""Init":true"#), "HostConfig.Init"),
            (host(#""NetworkMode":"bridge""#), "HostConfig.NetworkMode"),
            (host(#""LogConfig":{"Type":"local","Config":{"max-size":"1m"}}"#), "HostConfig.LogConfig.Config"),
            (host(#""Brandnew":1"#), "HostConfig.Brandnew"),
            (#"{"Image":"busybox","Brandnew":"x"}"#, "Brandnew"),
            (#"{"Image":"busybox","Healthcheck":{"Test":["CMD","true"]}}"#, "Healthcheck"),
        ]
    )
    func warned(json: String, name: String) throws {
        let warnings = try Self.read(json).warnings
        #expect(warnings.count == 1)
        #expect(warnings.first?.hasPrefix(name + " ") == true, "\(warnings)")
    }

    @Test(
        "what cannot be honoured is refused by its name",
        arguments: [
            (#"{}"#, "Image"), (#"[]"#, "the body is a list"), (#"{"Image":7}"#, "Image is a number"),
            (#"{"Image":"b","Cmd":{"a":1}}"#, "Cmd is an object"), (#"{"Image":"b","Cmd":[1]}"#, "Cmd[]"),
            (#"{"Image":"b","Tty":"yes"}"#, "Tty"), (#"{"Image":"b","Volumes":{"/data":{}}}"#, "Volumes"),
            (#"{"Image":"b","StopSignal":"NOSIG"}"#, "NOSIG"),
            (host(#""Binds":["/a:/b"]"#), "HostConfig.Binds"), (host(#""PidMode":"host""#), "HostConfig.PidMode"),
            (host(#""IpcMode":"host""#), "HostConfig.IpcMode"), (host(#""UTSMode":"host""#), "HostConfig.UTSMode"),
            (host(#""NetworkMode":"host""#), "HostConfig.NetworkMode"),
            (host(#""NetworkMode":"container:x""#), "HostConfig.NetworkMode"),
            (host(#""Devices":[{"PathOnHost":"/dev/sda"}]"#), "HostConfig.Devices"),
            (host(#""VolumesFrom":["x"]"#), "HostConfig.VolumesFrom"), (host(#""Links":["x:y"]"#), "HostConfig.Links"),
            (host(#""PortBindings":{"80/tcp":[{"HostPort":"80"}]}"#), "HostConfig.PortBindings"),
            (host(#""PublishAllPorts":true"#), "HostConfig.PublishAllPorts"),
            (host(#""Mounts":[{"Type":"bind","Source":"/","Target":"/x"}]"#), "HostConfig.Mounts"),
            (host(#""Runtime":"kata""#), "HostConfig.Runtime"), (host(#""Memory":-1"#), "negative"),
            (host(#""Memory":"lots""#), "HostConfig.Memory"), (host(#""NanoCpus":5000000000"#), "only 4 CPUs"),
            (host(#""NanoCpus":1000000000,"CpuQuota":1000"#), "cannot both"),
            (host(#""CpuQuota":9"#), "quota"), (host(#""MemorySwap":1000"#), "Memory limit"),
            (host(#""SecurityOpt":["seccomp={}"]"#), "HostConfig.SecurityOpt"),
            (host(#""GroupAdd":["audio"]"#), "HostConfig.GroupAdd"),
            (host(#""ExtraHosts":["db:host-gateway"]"#), "HostConfig.ExtraHosts"),
            (host(#""LogConfig":{"Type":"syslog"}"#), "HostConfig.LogConfig"),
            (host(#""RestartPolicy":{"Name":"sometimes"}"#), "sometimes"),
            (host(#""RestartPolicy":{"Name":"always","MaximumRetryCount":2}"#), "maximum retry count"),
            (host(#""AutoRemove":true,"RestartPolicy":{"Name":"always"}"#), "AutoRemove"),
            (#"{"Image":"b","NetworkingConfig":{"EndpointsConfig":{"mine":{}}}}"#, "mine"),
        ]
    )
    func refused(json: String, word: String) {
        #expect {
            try Self.read(json)
        } throws: { error in
            let error = error as? PodsError
            return error?.code == .invalid && error?.message.contains(word) == true
        }
    }

    @Test("every member that the docker command sends by default is known, and nothing is warned of")
    func defaults() throws {
        let names = RequestField.host.map { "\"\($0.name)\":null" }.joined(separator: ",")
        #expect(try Self.read(Self.host(names)).warnings == [])
        #expect(Set(RequestField.host.map(\.name)).count == RequestField.host.count)
    }
}
