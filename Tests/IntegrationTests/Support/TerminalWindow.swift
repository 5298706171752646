import SystemPackage

/// A terminal as users have it: a window of tmux with a shell in it.
struct TerminalWindow: Sendable {
    private let node: Node
    private var socket: FilePath { node.folder.appending("tmux.sock") }

    /// Runs a body with a window of 80 columns and 24 rows, whose shell knows the node; `$APUS` is the command.
    static func with(_ node: Node, _ body: (TerminalWindow) async throws -> Void) async throws {
        let window = TerminalWindow(node: node)
        try await window.tmux("new-session", "-d", "-x", "80", "-y", "24", "PS1='ready> ' exec sh")
        do {
            try await window.waitFor("ready>")
            try await body(window)
        } catch {
            let screen = (try? await window.screen()) ?? ""
            try await window.tmux("kill-server")
            throw CommandFailure(description: "\(error)\n\(screen)")
        }
        try await window.tmux("kill-server")
    }

    /// Types a line.
    func type(_ line: String) async throws {
        try await tmux("send-keys", "-l", line)
        try await press("Enter")
    }

    /// Presses keys, by tmux's names.
    func press(_ keys: String...) async throws { try await tmux(["send-keys"] + keys) }

    /// Changes the window's size.
    func resize(columns: Int, rows: Int) async throws {
        try await tmux("resize-window", "-x", "\(columns)", "-y", "\(rows)")
    }

    /// What the window shows.
    func screen() async throws -> String { try await tmux("capture-pane", "-p") }

    /// Waits until the window shows a text.
    func waitFor(_ text: String) async throws {
        try await eventually("the screen to show \"\(text)\"", within: .seconds(30)) {
            try await screen().contains(text)
        }
    }

    @discardableResult
    private func tmux(_ arguments: String...) async throws -> String { try await tmux(arguments) }

    @discardableResult
    private func tmux(_ arguments: [String]) async throws -> String {
        var command = node.command(["-S", socket.string, "-f", "/dev/null"] + arguments)
        command.program = "/usr/bin/tmux"
        command.environment["APUS"] = node.program.string
        command.environment["TERM"] = "xterm"
        let finished = try await command.run()
        guard finished.code == 0 else { throw CommandFailure(description: "tmux \(arguments): \(finished.error)") }
        return finished.output
    }
}
