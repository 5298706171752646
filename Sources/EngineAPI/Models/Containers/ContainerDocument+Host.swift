import OCI
import Pods

extension ContainerDocument {
    /// `HostConfig`: what is in force; what cannot be set here has the value that Docker gives it unasked.
    var host: JSONValue {
        .object(Self.unset.merging(resources) { $1 }.merging(confinement) { $1 }.merging(surroundings) { $1 })
    }

    private var resources: [String: JSONValue] {
        let (spec, options) = (pod.record.spec, pod.record.spec.refinements)
        return [
            "Memory": .number(spec.memory ?? 0),
            // Docker's own: twice the memory, of which one half is swap. There is none here.
            "MemorySwap": .number(spec.memory ?? 0),
            "NanoCpus": .integer(Int64(spec.milliCPU ?? 0) * 1_000_000),
            "PidsLimit": options.processes.map { .number($0) } ?? .null,
            "ShmSize": .number(options.sharedMemory ?? 64 << 20),
            "Ulimits": options.limits.isEmpty
                ? .null
                : .array(
                    options.limits.map {
                        ["Name": .string($0.name), "Soft": .integer($0.soft), "Hard": .integer($0.hard)]
                    }
                ),
            "OomScoreAdj": .number(options.oomScoreAdjustment),
        ]
    }

    private var confinement: [String: JSONValue] {
        let options = pod.record.spec.refinements
        return [
            "Privileged": .bool(options.privileged),
            "ReadonlyRootfs": .bool(options.readOnlyRoot),
            "CapAdd": .listOrNull(options.addedCapabilities),
            "CapDrop": .listOrNull(options.droppedCapabilities),
            "GroupAdd": .listOrNull(options.groups.map { "\($0)" }),
            "SecurityOpt": options.filtersSystemCalls ? .null : ["seccomp=unconfined"],
            "Sysctls": options.sysctls.isEmpty ? .null : .map(options.sysctls),
            "MaskedPaths": options.maskedPaths.map { .list($0) } ?? .null,
            "ReadonlyPaths": options.readOnlyPaths.map { .list($0) } ?? .null,
        ]
    }

    private var surroundings: [String: JSONValue] {
        let (spec, options) = (pod.record.spec, pod.record.spec.refinements)
        let tmpfs = Dictionary(options.tmpfs.map { ($0.path, $0.options) }) { $1 }
        return [
            "AutoRemove": .bool(spec.autoRemove),
            "RestartPolicy": .restartPolicy(spec.restart),
            "NetworkMode": .string(options.network),
            "LogConfig": ["Type": .string(options.logDriver), "Config": [:]],
            "Tmpfs": tmpfs.isEmpty ? .null : .map(tmpfs),
            "Dns": .list(options.resolver.servers),
            "DnsOptions": .list(options.resolver.options),
            "DnsSearch": .list(options.resolver.search),
            "ExtraHosts": .listOrNull(options.hosts.map { "\($0.name):\($0.address)" }),
        ]
    }

    private static let unset: [String: JSONValue] = [
        "Binds": .null, "BlkioDeviceReadBps": .null, "BlkioDeviceReadIOps": .null, "BlkioDeviceWriteBps": .null,
        "BlkioDeviceWriteIOps": .null, "BlkioWeight": 0, "BlkioWeightDevice": .null, "Cgroup": "",
        "CgroupParent": "", "CgroupnsMode": "private", "ConsoleSize": [0, 0], "ContainerIDFile": "", "CpuCount": 0,
        "CpuPercent": 0, "CpuPeriod": 0, "CpuQuota": 0, "CpuRealtimePeriod": 0, "CpuRealtimeRuntime": 0,
        "CpuShares": 0, "CpusetCpus": "", "CpusetMems": "", "DeviceCgroupRules": .null, "DeviceRequests": .null,
        "Devices": [], "IOMaximumBandwidth": 0, "IOMaximumIOps": 0, "IpcMode": "private", "Isolation": "",
        "Links": .null, "MemoryReservation": 0, "MemorySwappiness": .null, "OomKillDisable": false, "PidMode": "",
        "PortBindings": [:], "PublishAllPorts": false, "Runtime": "apus", "UTSMode": "", "UsernsMode": "",
        "VolumeDriver": "", "VolumesFrom": .null,
    ]
}

extension JSONValue {
    /// A restart policy with its members apart.
    static func restartPolicy(_ policy: RestartPolicy) -> JSONValue {
        if case .onFailure(let most) = policy { return ["Name": "on-failure", "MaximumRetryCount": .number(most)] }
        return ["Name": .string(policy.text), "MaximumRetryCount": 0]
    }
}
