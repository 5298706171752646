import CLinux

/// The program's arguments.
///
/// The first process gets them from the host's command line for the kernel, or from the agent itself when it has been
/// renewed: nothing in a container can execute the first process.
enum Arguments {
    /// An argument, or `nil` when there are fewer.
    static func text(_ index: Int32) -> String? { lx_argument(index).map { String(cString: $0) } }

    /// Whether this is not an agent, but a small program to run in a container, so that what starting one takes has
    /// been done once before a tenant's is started.
    static var areWarm: Bool { text(1)?.isSame(as: "warm") == true && text(2) == nil }

    /// Does what that program does.
    static func answerWarm() { say("warm\n", to: 1) }

    /// Whether this is a machine's first process; anywhere else an agent would take apart what it was started in.
    static var areFirstProcess: Bool { getpid() == 1 }

    /// Says why it is not.
    static func refuse() -> Never {
        say("apus-guest: is the first process of a machine, not a command\n", to: 2)
        exit(2)
    }

    private static func say(_ text: String, to descriptor: Int32) {
        let bytes = [UInt8](text.utf8)
        _ = write(descriptor, bytes, bytes.count)
    }
}
