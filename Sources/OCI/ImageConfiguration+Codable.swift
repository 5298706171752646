import FoundationEssentials

extension ImageConfiguration: Codable {
    private enum Key: String, CodingKey { case config, created, architecture, os, rootfs, history }

    private enum ProcessKey: String, CodingKey {
        case environment = "Env"
        case entrypoint = "Entrypoint"
        case command = "Cmd"
        case workingDirectory = "WorkingDir"
        case user = "User"
        case exposedPorts = "ExposedPorts"
        case volumes = "Volumes"
        case stopSignal = "StopSignal"
        case labels = "Labels"
    }

    private enum RootKey: String, CodingKey {
        case type
        case diffIDs = "diff_ids"
    }

    package init(from decoder: any Decoder) throws {
        let root = try decoder.container(keyedBy: Key.self)
        self.init()
        if let process = try root.nestedIfPresent(ProcessKey.self, .config) { try readProcess(process) }
        created = try root.decodeIfPresent(String.self, forKey: .created).flatMap(Timestamp.parse)
        architecture = try root.decodeIfPresent(String.self, forKey: .architecture) ?? ""
        os = try root.decodeIfPresent(String.self, forKey: .os) ?? ""
        let layers = try root.nestedIfPresent(RootKey.self, .rootfs)
        history = try root.decodeIfPresent([Step].self, forKey: .history) ?? []
        diffIDs = try layers?.decodeIfPresent([Digest].self, forKey: .diffIDs) ?? []
    }

    private mutating func readProcess(_ process: KeyedDecodingContainer<ProcessKey>) throws {
        environment = try process.decodeIfPresent([String].self, forKey: .environment) ?? []
        entrypoint = try process.decodeIfPresent([String].self, forKey: .entrypoint) ?? []
        command = try process.decodeIfPresent([String].self, forKey: .command) ?? []
        workingDirectory = try process.decodeIfPresent(String.self, forKey: .workingDirectory) ?? ""
        user = try process.decodeIfPresent(String.self, forKey: .user) ?? ""
        exposedPorts = try process.keysIfPresent(.exposedPorts)
        volumes = try process.keysIfPresent(.volumes)
        stopSignal = try process.decodeIfPresent(String.self, forKey: .stopSignal)
        labels = try process.decodeIfPresent([String: String?].self, forKey: .labels)?.mapValues { $0 ?? "" } ?? [:]
    }

    package func encode(to encoder: any Encoder) throws {
        var root = encoder.container(keyedBy: Key.self)
        try root.encodeIfPresent(created.map(Timestamp.format), forKey: .created)
        try root.encode(architecture, forKey: .architecture)
        try root.encode(os, forKey: .os)
        var layers = root.nestedContainer(keyedBy: RootKey.self, forKey: .rootfs)
        try layers.encode("layers", forKey: .type)
        try layers.encode(diffIDs, forKey: .diffIDs)
        try root.encodeUnlessEmpty(history, .history)
        var process = root.nestedContainer(keyedBy: ProcessKey.self, forKey: .config)
        try writeProcess(&process)
    }

    private func writeProcess(_ process: inout KeyedEncodingContainer<ProcessKey>) throws {
        try process.encodeUnlessEmpty(environment, .environment)
        try process.encodeUnlessEmpty(entrypoint, .entrypoint)
        try process.encodeUnlessEmpty(command, .command)
        try process.encodeUnlessEmpty(workingDirectory, .workingDirectory)
        try process.encodeUnlessEmpty(user, .user)
        try process.encodeUnlessEmpty(Self.emptyObjects(exposedPorts), .exposedPorts)
        try process.encodeUnlessEmpty(Self.emptyObjects(volumes), .volumes)
        try process.encodeIfPresent(stopSignal, forKey: .stopSignal)
        try process.encodeUnlessEmpty(labels, .labels)
    }

    /// The specification writes a set as an object whose values are empty objects.
    private static func emptyObjects(_ keys: [String]) -> [String: [String: String]] {
        Dictionary(keys.map { ($0, [:]) }, uniquingKeysWith: { first, _ in first })
    }
}

/// Any key of an object whose keys are data.
private struct AnyKey: CodingKey {
    let stringValue: String
    let intValue: Int? = nil

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

extension KeyedDecodingContainer {
    fileprivate func nestedIfPresent<Inner: CodingKey>(
        _ type: Inner.Type,
        _ key: Key
    ) throws -> KeyedDecodingContainer<Inner>? {
        guard contains(key), try !decodeNil(forKey: key) else { return nil }
        return try nestedContainer(keyedBy: type, forKey: key)
    }

    fileprivate func keysIfPresent(_ key: Key) throws -> [String] {
        try nestedIfPresent(AnyKey.self, key)?.allKeys.map(\.stringValue).sorted() ?? []
    }
}

extension KeyedEncodingContainer {
    fileprivate mutating func encodeUnlessEmpty(_ value: some Collection & Encodable, _ key: Key) throws {
        guard !value.isEmpty else { return }
        try encode(value, forKey: key)
    }
}
