import Sandboxes

/// What a client has sent: its request, and what goes to the process that the request leads to.
struct ClientInbox: Sendable {
    /// Where input goes, once there is a process.
    typealias Target = @Sendable (ControlFrame?) async throws -> Void

    private struct State: Sendable {
        var request: [UInt8]?
        var target: Target?
        var hasEnded = false
        /// Whether the client has gone; what it sent may yet wait for a target.
        var isGone = false
    }

    private let state = Observed(State())

    /// The client's request, or `nil` when it went away without one.
    func request() async throws -> [UInt8]? {
        try await state.wait { $0.request != nil || $0.hasEnded }.request
    }

    /// Sends what arrives from now on to a target; after the last frame it gets `nil`.
    func forward(to target: @escaping Target) { state.update { $0.target = target } }

    /// Reads a client's frames until it goes away.
    func read(_ frames: ControlFrames) async throws {
        defer { state.update { $0.hasEnded = true } }
        for try await frame in frames {
            if case .request(let bytes) = frame {
                state.update { if $0.request == nil { $0.request = bytes } }
            } else {
                try await pass(frame)
            }
        }
        state.update { $0.isGone = true }
        try await pass(nil)
    }

    /// Waits until the client has gone.
    func waitUntilGone() async throws { try await state.wait { $0.isGone || $0.hasEnded } }

    private func pass(_ frame: ControlFrame?) async throws {
        // Only a request leads to a target; who began with something else, or left, would be waited for in vain.
        guard state.value.request != nil else { throw PodsError(.invalid, "a client made no request") }
        try await target()(frame)
    }

    private func target() async throws -> Target {
        guard let target = try await state.wait(until: { $0.target != nil }).target else { throw CancellationError() }
        return target
    }
}
