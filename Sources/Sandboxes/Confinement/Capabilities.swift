package import AgentProtocol

/// What the processes of a container may do.
package typealias Capabilities = Set<Capability>

extension Capabilities {
    /// What a container gets unasked: the fourteen that Docker grants.
    package static let standard: Capabilities = [
        .auditWrite, .chown, .dacOverride, .fowner, .fsetid, .kill, .mknod, .netBindService, .netRaw, .setfcap,
        .setgid, .setpcap, .setuid, .sysChroot,
    ]

    /// Every capability; the guest leaves out those that its kernel does not know.
    package static let all = Capabilities(Capability.allCases)

    /// The standard ones, changed as Docker's `--cap-add` and `--cap-drop` would.
    ///
    /// Adding `ALL` starts from everything, dropping `ALL` starts from nothing; else what is added wins over what is
    /// dropped. A name that is no capability is an error, lest a typing mistake leave a privilege in place.
    package init(adding: [String], dropping: [String] = []) throws(SandboxError) {
        let (added, dropped) = (try Request(adding), try Request(dropping))
        if added.all {
            self = .all.subtracting(dropped.named)
        } else if dropped.all {
            self = added.named
        } else {
            self = Capabilities.standard.subtracting(dropped.named).union(added.named)
        }
    }

    /// The five sets of a process that starts as a user, in Docker's form `user[:group]`.
    ///
    /// Inheritable and ambient stay empty, so a program of another user than root starts with nothing: exec takes all
    /// from it. The permitted set is filled for any user nonetheless, because only the container's /etc/passwd tells
    /// which names mean user 0, and with no-new-privileges root gets no more at exec than it is permitted before. It is
    /// in force for root alone, so that no other user's program is looked up and executed with privileges.
    package func sets(user: String) -> CapabilitySets {
        let name = user.prefix { $0 != ":" }
        let isRoot = name.isEmpty || name == "root" || UInt32(name) == 0
        return CapabilitySets(
            bounding: bits,
            effective: isRoot ? bits : 0,
            permitted: bits,
            inheritable: 0,
            ambient: 0
        )
    }

    /// Bit n for capability n.
    package var bits: UInt64 {
        Capability.allCases.enumerated().reduce(0) { bits, entry in
            contains(entry.element) ? bits | 1 << UInt64(entry.offset) : bits
        }
    }
}

/// The capabilities that an option names.
private struct Request {
    var all = false
    var named: Capabilities = []

    init(_ names: [String]) throws(SandboxError) {
        for name in names {
            if let capability = Capability(named: name) {
                named.insert(capability)
            } else if name.uppercased() == "ALL" || name.uppercased() == "CAP_ALL" {
                all = true
            } else {
                throw SandboxError(
                    .invalid,
                    "there is no capability \(quoted(name)) (use a name such as NET_ADMIN, or ALL)"
                )
            }
        }
    }
}
