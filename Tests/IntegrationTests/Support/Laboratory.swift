import Testing

/// A node with a container that sleeps, shared by the tests of a suite: what they try needs no machine of its own.
struct Laboratory: SuiteTrait, TestScoping {
    @TaskLocal private static var node: Node?

    /// The node; its container is called `lab`.
    static func current() throws -> Node { try #require(node) }

    /// Runs a script in the container.
    static func script(_ script: String) async throws -> Finished {
        try await current().apus("exec", "lab", "sh", "-c", script)
    }

    func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @Sendable @concurrent () async throws -> Void
    ) async throws {
        try await withNode { node in
            try await node.succeed("run", "-d", "--name", "lab", "busybox", "sleep", "100000")
            try await Self.$node.withValue(node) { try await function() }
        }
    }
}
