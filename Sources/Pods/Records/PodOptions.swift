import Sandboxes

extension PodSpec {
    /// What else a container may be told: how it is confined, what lies around it, and what its clients expect of it.
    ///
    /// A pod's record tells them only if there are any, and each that it does not tell is as it would be unasked: so the
    /// records of older versions can be read, and those of plain pods stay small.
    package struct Options: Sendable, Equatable {
        /// Whether its root cannot be written to.
        package var readOnlyRoot = false
        /// Folders that are memory.
        package var tmpfs: [Tmpfs] = []
        /// Capabilities over Docker's standard ones, or `ALL`.
        package var addedCapabilities: [String] = []
        /// Capabilities less than Docker's standard ones, or `ALL`.
        package var droppedCapabilities: [String] = []
        /// Whether everything is allowed that the guest's kernel allows.
        package var privileged = false
        /// Whether system calls are filtered.
        package var filtersSystemCalls = true
        /// Paths to hide instead of the standard ones.
        package var maskedPaths: [String]?
        /// Paths to make read-only instead of the standard ones.
        package var readOnlyPaths: [String]?
        /// Settings of the kernel by their names.
        package var sysctls: [String: String] = [:]
        /// Limits of its processes.
        package var limits: [Limit] = []
        /// The most processes and threads; `nil` for as many as fit.
        package var processes: UInt32?
        /// The size of /dev/shm in bytes.
        package var sharedMemory: UInt64?
        /// How early its processes are killed for want of memory: -1000 to 1000.
        package var oomScoreAdjustment: Int32 = 0
        /// Supplementary groups.
        package var groups: [UInt32] = []
        /// The name of its domain, without the host's.
        package var domain: String?
        /// More lines of /etc/hosts.
        package var hosts: [Host] = []
        /// The content of /etc/resolv.conf.
        package var resolver = Resolver()
        /// What its clients were told of its network: `default`, `none` or `bridge`.
        package var network = "default"
        /// Which driver its log was asked of: `json-file`, `local` or `none`.
        package var logDriver = "json-file"
        /// Whether its standard input stays open when the client leaves that wrote to it.
        package var keepsInput = false
        /// Which streams its client said it would attach to.
        package var attached: [Stream] = []

        /// The options of a pod that was told none.
        package init() {}
    }

    /// The options in force.
    package var refinements: Options { options ?? Options() }
}

extension PodSpec.Options {
    /// A folder that is memory.
    package struct Tmpfs: Codable, Sendable, Equatable {
        /// Absolute.
        package var path: String
        /// As mount(8) takes them: `rw,noexec,size=64m`.
        package var options: String

        /// Describes a folder.
        package init(path: String, options: String = "") {
            self.path = path
            self.options = options
        }
    }

    /// A limit of `setrlimit(2)`.
    package struct Limit: Codable, Sendable, Equatable {
        /// In the form of Docker's `--ulimit`: `nofile`.
        package var name: String
        /// In force; -1 for none.
        package var soft: Int64
        /// The most that it may be raised to; -1 for none.
        package var hard: Int64

        /// Describes a limit.
        package init(name: String, soft: Int64, hard: Int64) {
            self.name = name
            self.soft = soft
            self.hard = hard
        }
    }

    /// A line of /etc/hosts.
    package struct Host: Codable, Sendable, Equatable {
        /// The host's name.
        package var name: String
        /// Its address.
        package var address: String

        /// Describes a line.
        package init(name: String, address: String) {
            self.name = name
            self.address = address
        }
    }

    /// Who is asked for the addresses of names.
    package struct Resolver: Codable, Sendable, Equatable {
        /// Addresses of servers.
        package var servers: [String] = []
        /// Domains that short names are looked up in.
        package var search: [String] = []
        /// `ndots:2` and the like.
        package var options: [String] = []

        /// Describes a resolver; one without servers leaves the file empty.
        package init(servers: [String] = [], search: [String] = [], options: [String] = []) {
            self.servers = servers
            self.search = search
            self.options = options
        }

        /// The file's content (resolv.conf(5)).
        var file: String {
            var lines = servers.map { "nameserver \($0)" }
            if !search.isEmpty { lines.append("search \(search.joined(separator: " "))") }
            if !options.isEmpty { lines.append("options \(options.joined(separator: " "))") }
            return lines.map { $0 + "\n" }.joined()
        }
    }

    /// A standard stream.
    package enum Stream: String, Codable, Sendable {
        case input, output, error
    }
}

extension PodSpec.Options: Codable {
    private enum Key: String, CodingKey {
        case readOnlyRoot, tmpfs, addedCapabilities, droppedCapabilities, privileged, filtersSystemCalls, maskedPaths
        case readOnlyPaths, sysctls, limits, processes, sharedMemory, oomScoreAdjustment, groups, domain, hosts,
            resolver
        case network, logDriver, keepsInput, attached
    }

    package init(from decoder: any Decoder) throws {
        let record = try decoder.container(keyedBy: Key.self)
        func read<Value: Decodable>(_ value: inout Value, _ key: Key) throws {
            if let told = try record.decodeIfPresent(Value.self, forKey: key) { value = told }
        }
        self.init()
        try read(&readOnlyRoot, .readOnlyRoot)
        try read(&tmpfs, .tmpfs)
        try read(&addedCapabilities, .addedCapabilities)
        try read(&droppedCapabilities, .droppedCapabilities)
        try read(&privileged, .privileged)
        try read(&filtersSystemCalls, .filtersSystemCalls)
        maskedPaths = try record.decodeIfPresent([String].self, forKey: .maskedPaths)
        readOnlyPaths = try record.decodeIfPresent([String].self, forKey: .readOnlyPaths)
        try read(&sysctls, .sysctls)
        try read(&limits, .limits)
        processes = try record.decodeIfPresent(UInt32.self, forKey: .processes)
        sharedMemory = try record.decodeIfPresent(UInt64.self, forKey: .sharedMemory)
        try read(&oomScoreAdjustment, .oomScoreAdjustment)
        try read(&groups, .groups)
        domain = try record.decodeIfPresent(String.self, forKey: .domain)
        try read(&hosts, .hosts)
        try read(&resolver, .resolver)
        try read(&network, .network)
        try read(&logDriver, .logDriver)
        try read(&keepsInput, .keepsInput)
        try read(&attached, .attached)
    }
}
