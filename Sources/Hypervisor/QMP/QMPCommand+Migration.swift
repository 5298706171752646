/// Keeps the descriptor that comes with the command, under a name that other commands can give.
struct QMPKeepDescriptor: QMPCommand {
    typealias Reply = QMPEmpty
    static let name = "getfd"
    let name: String
    private enum CodingKeys: String, CodingKey { case name = "fdname" }
}

/// Chooses how machines are saved and loaded.
struct QMPSetMigrationCapabilities: QMPCommand {
    struct Capability: Encodable, Sendable {
        let capability: String
        let state: Bool
    }
    typealias Reply = QMPEmpty
    static let name = "migrate-set-capabilities"
    let capabilities: [Capability]

    /// Memory that is in a file already is neither written nor read, and `MIGRATION` events tell how far it is.
    static let devicesOnly = Self(
        capabilities: ["x-ignore-shared", "events"].map { Capability(capability: $0, state: true) }
    )
}

/// Begins to save the machine.
struct QMPMigrate: QMPCommand {
    typealias Reply = QMPEmpty
    static let name = "migrate"
    let uri: String
}

/// Begins to load a saved machine, in a QEMU that was started to wait for that.
struct QMPMigrateIncoming: QMPCommand {
    typealias Reply = QMPEmpty
    static let name = "migrate-incoming"
    let uri: String
}

/// Asks how a migration went.
struct QMPQueryMigration: QMPCommand {
    struct Reply: Decodable, Sendable {
        let failure: String?
        private enum CodingKeys: String, CodingKey { case failure = "error-desc" }
    }
    static let name = "query-migrate"
}
