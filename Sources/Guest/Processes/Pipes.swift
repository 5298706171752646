import AgentProtocolEmbedded
import CLinux

/// The pipes of a process without a terminal; the child's ends close with this value.
final class Pipes {
    /// The agent's ends, non-blocking.
    let parentEnds: StandardFiles
    private let child: [OwnedFile]

    /// What the child puts at 0, 1 and 2; -1 for /dev/null.
    var childEnds: (Int32, Int32, Int32) { (child[0].number, child[1].number, child[2].number) }

    init(terminal: Bool = false, openInput: Bool = false) throws(AgentFailure) {
        guard !terminal else {
            parentEnds = StandardFiles(input: OwnedFile(-1), output: OwnedFile(-1), error: OwnedFile(-1))
            child = [OwnedFile(-1), OwnedFile(-1), OwnedFile(-1)]
            return
        }
        let input = openInput ? try Pipes.make() : (read: OwnedFile(-1), write: OwnedFile(-1))
        let output = try Pipes.make()
        let error = try Pipes.make()
        for file in [input.write, output.read, error.read] where file.isOpen { _ = lx_set_nonblocking(file.number) }
        parentEnds = StandardFiles(input: input.write, output: output.read, error: error.read)
        child = [input.read, output.write, error.write]
    }

    private static func make() throws(AgentFailure) -> (read: OwnedFile, write: OwnedFile) {
        var ends: [Int32] = [-1, -1]
        try System.check(pipe2(&ends, O_CLOEXEC), "make a pipe")
        return (OwnedFile(ends[0]), OwnedFile(ends[1]))
    }
}
