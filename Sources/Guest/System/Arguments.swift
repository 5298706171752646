import CLinux

/// The program's arguments. They come from the host's command line for the kernel or from the agent itself: nothing in
/// a container can execute the first process.
enum Arguments {
    /// An argument, or `nil` when there are fewer.
    static func text(_ index: Int32) -> String? { lx_argument(index).map { String(cString: $0) } }

    /// Whether this is not an agent, but a small program to run in a container, so that what starting one takes has
    /// been done once before a tenant's is started.
    static var areWarm: Bool { text(1)?.isSame(as: "warm") == true && text(2) == nil }

    /// Does what that program does.
    static func answerWarm() {
        let word: [UInt8] = [UInt8]("warm\n".utf8)
        _ = write(1, word, word.count)
    }
}
