import AgentProtocol
import Foundation
import Sandboxes
import Testing

@testable import Pods

struct PodOptionsTests {
    @Test("a record of a version without options can be read, and one without options tells none")
    func oldRecords() throws {
        let spec = PodSpec(image: "busybox")
        let json = try JSONEncoder().encode(spec)
        #expect(!String(decoding: json, as: UTF8.self).contains("\"options\""))
        #expect(try JSONDecoder().decode(PodSpec.self, from: json).refinements == PodSpec.Options())
        #expect(try JSONDecoder().decode(PodSpec.Options.self, from: Data("{}".utf8)) == PodSpec.Options())
    }

    @Test("options survive a record")
    func roundTrip() throws {
        var options = PodSpec.Options()
        options.readOnlyRoot = true
        options.tmpfs = [.init(path: "/run", options: "size=64m")]
        options.limits = [.init(name: "nofile", soft: 10, hard: -1)]
        options.hosts = [.init(name: "db", address: "10.0.0.1")]
        options.attached = [.input, .error]
        options.maskedPaths = []
        let copy = try JSONDecoder().decode(PodSpec.Options.self, from: JSONEncoder().encode(options))
        #expect(copy == options)
    }

    @Test("options become the container's description")
    func container() throws {
        var options = PodSpec.Options()
        options.readOnlyRoot = true
        options.tmpfs = [.init(path: "/cache", options: "exec,ro,size=64m,mode=700")]
        options.sysctls = ["net.ipv4.ip_forward": "1"]
        options.domain = "example.test"
        options.limits = [.init(name: "nofile", soft: 10, hard: -1)]
        options.processes = 33
        options.groups = [5, 6]
        options.droppedCapabilities = ["ALL"]
        options.addedCapabilities = ["CHOWN"]
        options.oomScoreAdjustment = 500
        options.readOnlyPaths = []
        let container = try applied(options)
        #expect(container.rootReadOnly)
        #expect(container.mounts.contains { $0.destination == "/cache" && $0.options == "size=64m,mode=700" })
        let flags = container.mounts.first { $0.destination == "/cache" }.map { MountFlags(rawValue: $0.flags) }
        #expect(flags == [.noSetUserID, .noDevices, .readOnly])
        #expect(container.sysctls.map(\.name) == ["kernel.domainname", "net.ipv4.ip_forward"])
        #expect(container.process.resourceLimits == [ResourceLimit(resource: 7, soft: 10, hard: .max)])
        #expect(container.resources.processes == 33)
        #expect(container.process.additionalGroups == [5, 6])
        #expect(container.process.capabilities.bounding == 1)
        #expect(container.process.oomScoreAdjustment == 500)
        #expect(container.readOnlyPaths == [])
        #expect(container.maskedPaths == OCIDefaults.maskedPaths)
    }

    @Test("a privileged process has every capability and no filter, also in a container that is not")
    func privilegedProcess() throws {
        var process = ProcessSpec(id: 1, arguments: ["sh"])
        try PodSpec.Options().apply(to: &process, privileged: true)
        #expect(process.seccomp == [])
        #expect(process.capabilities.bounding == Capabilities.all.bits)
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        let word: String
        let change: @Sendable (inout PodSpec.Options) -> Void
        var testDescription: String { word }
    }

    @Test(
        "what a guest would refuse is refused with its name",
        arguments: [
            Refusal(word: "NET_ADMIM") { $0.addedCapabilities = ["NET_ADMIM"] },
            Refusal(word: "nofiles") { $0.limits = [.init(name: "nofiles", soft: 1, hard: 1)] },
            Refusal(word: "swap the two") { $0.limits = [.init(name: "nofile", soft: 2, hard: 1)] },
            Refusal(word: "relative") { $0.tmpfs = [.init(path: "relative")] },
            Refusal(word: "root") { $0.tmpfs = [.init(path: "/")] },
            Refusal(word: "huge=always") { $0.tmpfs = [.init(path: "/x", options: "huge=always")] },
            Refusal(word: "size=") { $0.tmpfs = [.init(path: "/x", options: "size=\"1,lower")] },
            Refusal(word: "net/../kernel") { $0.sysctls = ["net/../kernel": "1"] },
            Refusal(word: "a b") { $0.hosts = [.init(name: "a b", address: "10.0.0.1")] },
            Refusal(word: "no address") { $0.hosts = [.init(name: "a", address: "10.0.0.1\n::1 b")] },
            Refusal(word: "resolv.conf") { $0.resolver.search = ["a\nnameserver 1.1.1.1"] },
            Refusal(word: "1001") { $0.oomScoreAdjustment = 1001 },
            Refusal(word: "too many") { $0.groups = Array(repeating: 1, count: 2000) },
            Refusal(word: "absolute") { $0.maskedPaths = ["proc"] },
        ]
    )
    func refusals(_ refusal: Refusal) {
        var spec = PodSpec(image: "busybox")
        var options = PodSpec.Options()
        refusal.change(&options)
        spec.options = options
        #expect { try spec.validate() } throws: { error in
            let error = error as? PodsError
            return error?.code == .invalid && error?.message.contains(refusal.word) == true
        }
    }

    @Test("a pod's files tell its domain, its hosts and its resolver")
    func files() throws {
        let record = PodRecord.sample { spec in
            spec.hostname = "web"
            var options = PodSpec.Options()
            options.domain = "example.test"
            options.hosts = [.init(name: "db", address: "10.0.0.1")]
            options.resolver = .init(servers: ["10.0.0.2"], search: ["test"], options: ["ndots:2"])
            spec.options = options
        }
        let pod = PodIdentity.configuration(for: record, interfaces: [])
        let hosts = String(decoding: pod.hosts, as: UTF8.self)
        #expect(hosts.hasSuffix("127.0.1.1\tweb.example.test web\n10.0.0.1\tdb\n"), "\(hosts)")
        let resolver = String(decoding: pod.resolvConf, as: UTF8.self)
        #expect(resolver == "nameserver 10.0.0.2\nsearch test\noptions ndots:2\n")
    }

    private func applied(_ options: PodSpec.Options) throws -> ContainerSpec {
        var container = ContainerSpec(
            id: "main",
            layers: [LayerSource(serial: "image")],
            writable: .memory(limit: 0),
            process: ProcessSpec(id: 1, arguments: ["sh"])
        )
        try options.apply(to: &container)
        return container
    }
}
