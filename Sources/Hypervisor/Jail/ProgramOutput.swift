import Linux
import SystemPackage

/// What a small program of the host prints.
enum ProgramOutput {
    /// The most bytes that are read.
    private static let limit = 1 << 20

    /// Runs a program to its end and returns its lines, without the blanks around them.
    ///
    /// It has no input and no environment, and ten seconds; its output goes to a file in memory, which needs no reader.
    static func lines(of program: FilePath, _ arguments: [String]) async throws -> [String] {
        let output = try MemoryFile.make([])
        var plan = SpawnPlan(program, arguments)
        plan.descriptors = [.init(source: output.rawValue, target: 1)]
        let child = try await blocking { [plan] in Child(try ChildProcess.spawn(plan)) }
        let exit: ProcessExit?
        do { exit = try await child.handle.waitForExit(timeout: .seconds(10)) } catch {
            try await end(child)
            throw error
        }
        if exit == nil { try await end(child) }
        let text = try ProcFile.read(FilePath("/proc/self/fd/\(output.rawValue)"))
        guard exit == .exited(0) else {
            throw HypervisorError(
                .host,
                "\(program) \(arguments.joined(separator: " ")) did not end well: \(text.prefix(500))"
            )
        }
        return text.split(separator: "\n").map { $0.trimmed }
    }

    private static func end(_ child: Child) async throws {
        try child.handle.kill()
        _ = try await child.handle.waitForExit(uncancellable: .seconds(10))
    }

    /// A handle that can come out of a closure.
    private final class Child: Sendable {
        let handle: ProcessHandle
        init(_ handle: consuming ProcessHandle) { self.handle = handle }
    }
}

extension Substring {
    fileprivate var trimmed: String {
        let start = drop(while: \.isWhitespace)
        return String(start.reversed().drop(while: \.isWhitespace).reversed())
    }
}
