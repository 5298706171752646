import Foundation
import SystemPackage
import Testing

/// A node of its own for one test: data, sockets and scratch files below one temporary folder.
struct Node: Sendable {
    /// Everything of the test; no other process of the machine has this path in its command line.
    let folder: FilePath
    let program: FilePath
    /// Variables that differ from those of the test.
    var environment: [String: String] = [:]

    var root: FilePath { folder.appending("root") }
    var runRoot: FilePath { folder.appending("run") }

    /// The command with these arguments.
    func command(_ arguments: [String]) -> Command {
        var variables = ["APUS_ROOT": root.string, "APUS_RUN_ROOT": runRoot.string]
        variables["APUS_ACCELERATOR"] = ProcessInfo.processInfo.environment["APUS_ACCELERATOR"] ?? "auto"
        variables.merge(environment) { $1 }
        return Command(program: program, arguments: arguments, environment: variables, folder: folder)
    }

    /// Runs `apus` to its end.
    @discardableResult
    func apus(_ arguments: String..., input: FilePath? = nil) async throws -> Finished {
        try await command(arguments).run(input: input)
    }

    /// Runs `apus` to an end that the test takes for granted.
    ///
    /// - Returns: what it printed, without the line's end.
    @discardableResult
    func succeed(_ arguments: String...) async throws -> String {
        let finished = try await command(arguments).run()
        guard finished.code == 0 else {
            throw CommandFailure(
                description: "apus \(arguments.joined(separator: " ")): \(finished.code) \(finished.error)"
            )
        }
        return finished.line
    }

    /// Runs `apus` with a pipe as its input, and a body while it runs.
    func running(
        _ arguments: String...,
        body: @Sendable @escaping (RunningCommand) async throws -> Void
    ) async throws -> Finished {
        try await command(arguments).running(body)
    }

    /// Runs a shell script of the host in the test's folder; `$APUS` is the command.
    @discardableResult
    func shell(_ script: String, patience: Duration = .seconds(60)) async throws -> Finished {
        var command = command(["-euc", "cd '\(folder)'\n\(script)"])
        command.patience = patience
        command.program = "/bin/sh"
        command.environment["APUS"] = program.string
        return try await command.run()
    }

    /// What the list of all containers says of one of them.
    func status(of name: String) async throws -> String {
        let lines = try await apus("ps", "-a").lines
        return lines.first { $0.hasSuffix(" \(name)") } ?? ""
    }

    /// A file with these bytes.
    func file(_ name: String, _ bytes: Data) throws -> FilePath {
        let path = folder.appending(name)
        try bytes.write(to: URL(filePath: path.string))
        return path
    }
}

/// Gives a test a node with the images `busybox` and `configured`, and checks afterwards that nothing is left over.
func withNode(_ body: (Node) async throws -> Void) async throws {
    let template = try #require(NodeTemplate.current)
    let cgroups = Leaks.cgroups
    let folder = try template.clone()
    let node = Node(folder: folder, program: try Workplace.current().program)
    do {
        try await body(node)
    } catch {
        Leaks.remove(folder)
        throw error
    }
    // What still runs was not part of what the test is about; what remains when it is removed is a leak.
    for name in try await node.apus("ps", "-aq").lines { try await node.apus("rm", "-f", name) }
    let leaks = try await Leaks.find(folder, besides: cgroups)
    Leaks.remove(folder)
    #expect(leaks == [], "left over")
}
