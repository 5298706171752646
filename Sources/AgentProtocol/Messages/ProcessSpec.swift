/// A process to start: what it executes, as whom, and what it may do.
package struct ProcessSpec: WireEquatable, Sendable, WireCodable {
    /// The number by which host and guest speak of the process; the host chooses it, unused in this pod so far.
    package var id: UInt32
    /// The command and its arguments; the command is looked up in the container's PATH.
    package var arguments: [String]
    /// `NAME=value` each.
    package var environment: [String]
    /// Absolute; made when it is missing.
    package var workingDirectory: String
    /// Docker's form `user[:group]`, names or numbers; empty for root.
    ///
    /// Names are looked up in the container's own files.
    package var user: String
    /// Supplementary groups beside those that the container's /etc/group gives.
    package var additionalGroups: [UInt32]
    /// A terminal of this size instead of pipes.
    package var terminal: TerminalSize?
    /// Whether standard input stays open for the host to write to; else it is /dev/null.
    package var openInput: Bool
    /// Capabilities.
    package var capabilities: CapabilitySets
    /// Whether exec may never grant privileges (setuid programs).
    package var noNewPrivileges: Bool
    /// Limits of `setrlimit(2)`.
    package var resourceLimits: [ResourceLimit]
    /// A classic BPF program of 8-byte instructions, or empty for no filter.
    package var seccomp: [UInt8]
    /// -1000 to 1000.
    package var oomScoreAdjustment: Int32

    /// Describes a process.
    package init(
        id: UInt32,
        arguments: [String],
        environment: [String] = [],
        workingDirectory: String = "/",
        user: String = "",
        additionalGroups: [UInt32] = [],
        terminal: TerminalSize? = nil,
        openInput: Bool = false,
        capabilities: CapabilitySets = .none,
        noNewPrivileges: Bool = true,
        resourceLimits: [ResourceLimit] = [],
        seccomp: [UInt8] = [],
        oomScoreAdjustment: Int32 = 0
    ) {
        self.id = id
        self.arguments = arguments
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.user = user
        self.additionalGroups = additionalGroups
        self.terminal = terminal
        self.openInput = openInput
        self.capabilities = capabilities
        self.noNewPrivileges = noNewPrivileges
        self.resourceLimits = resourceLimits
        self.seccomp = seccomp
        self.oomScoreAdjustment = oomScoreAdjustment
    }

    package init(from reader: inout WireReader) throws(WireError) {
        id = try reader.integer()
        arguments = try reader.strings()
        guard !arguments.isEmpty else { throw .invalid }
        environment = try reader.strings()
        workingDirectory = try reader.string(max: 4095)
        user = try reader.string(max: 256)
        additionalGroups = try reader.array(max: 1024) { (r: inout WireReader) throws(WireError) in try r.integer() }
        terminal = try reader.optional { (r: inout WireReader) throws(WireError) in try r.value() }
        openInput = try reader.bool()
        capabilities = try reader.value()
        noNewPrivileges = try reader.bool()
        resourceLimits = try reader.values(max: 32)
        seccomp = try reader.bytes(max: 8 * 4096)
        guard seccomp.count % 8 == 0 else { throw .invalid }
        oomScoreAdjustment = try reader.integer()
    }

    package func encode(to writer: inout WireWriter) {
        writer.integer(id)
        writer.strings(arguments)
        writer.strings(environment)
        writer.string(workingDirectory)
        writer.string(user)
        writer.array(additionalGroups) { $0.integer($1) }
        writer.optional(terminal) { $0.value($1) }
        writer.bool(openInput)
        writer.value(capabilities)
        writer.bool(noNewPrivileges)
        writer.values(resourceLimits)
        writer.bytes(seccomp)
        writer.integer(oomScoreAdjustment)
    }
}

/// A terminal's size in characters.
package struct TerminalSize: WireEquatable, Sendable, WireCodable {
    /// Lines.
    package var rows: UInt16
    /// Characters a line.
    package var columns: UInt16

    /// Describes a size.
    package init(rows: UInt16, columns: UInt16) {
        self.rows = rows
        self.columns = columns
    }

    package init(from reader: inout WireReader) throws(WireError) {
        rows = try reader.integer()
        columns = try reader.integer()
    }

    package func encode(to writer: inout WireWriter) {
        writer.integer(rows)
        writer.integer(columns)
    }
}

/// The five capability sets of a process, bit n for capability n (`capabilities(7)`).
package struct CapabilitySets: WireEquatable, Sendable, WireCodable {
    /// The most that exec may ever give.
    package var bounding: UInt64
    /// In force.
    package var effective: UInt64
    /// What may be put in force.
    package var permitted: UInt64
    /// Kept over exec of a file that has them too.
    package var inheritable: UInt64
    /// Kept over exec of any file.
    package var ambient: UInt64

    /// Describes the sets.
    package init(bounding: UInt64, effective: UInt64, permitted: UInt64, inheritable: UInt64, ambient: UInt64) {
        self.bounding = bounding
        self.effective = effective
        self.permitted = permitted
        self.inheritable = inheritable
        self.ambient = ambient
    }

    /// No capability at all.
    package static var none: CapabilitySets {
        .init(bounding: 0, effective: 0, permitted: 0, inheritable: 0, ambient: 0)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        bounding = try reader.integer()
        effective = try reader.integer()
        permitted = try reader.integer()
        inheritable = try reader.integer()
        ambient = try reader.integer()
    }

    package func encode(to writer: inout WireWriter) {
        for set in [bounding, effective, permitted, inheritable, ambient] { writer.integer(set) }
    }
}

/// One limit of `setrlimit(2)`.
package struct ResourceLimit: WireEquatable, Sendable, WireCodable {
    /// The kernel's number of the resource, `RLIMIT_NOFILE` being 7.
    package var resource: UInt32
    /// In force; `UInt64.max` for none.
    package var soft: UInt64
    /// The most that the process may raise it to.
    package var hard: UInt64

    /// Describes a limit.
    package init(resource: UInt32, soft: UInt64, hard: UInt64) {
        self.resource = resource
        self.soft = soft
        self.hard = hard
    }

    package init(from reader: inout WireReader) throws(WireError) {
        resource = try reader.integer()
        soft = try reader.integer()
        hard = try reader.integer()
        guard resource < 16, soft <= hard else { throw .invalid }
    }

    package func encode(to writer: inout WireWriter) {
        writer.integer(resource)
        writer.integer(soft)
        writer.integer(hard)
    }
}
