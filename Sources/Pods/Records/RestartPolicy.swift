/// Whether a pod whose process has ended starts again by itself.
package enum RestartPolicy: Codable, Sendable, Hashable {
    /// It does not.
    case no
    /// It does until somebody stops it, and then with the next start of the node's daemon.
    case always
    /// It does until somebody stops it.
    case unlessStopped
    /// It does when it ended with another code than 0; at most so many times in a row, or without end when that is 0.
    case onFailure(max: Int)

    /// Reads `no`, `always`, `unless-stopped`, `on-failure` or `on-failure:5`, as Docker writes them.
    package init(parsing text: String) throws(PodsError) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        switch (parts.first, parts.count) {
        case ("", 1), ("no", 1): self = .no
        case ("always", 1): self = .always
        case ("unless-stopped", 1): self = .unlessStopped
        case ("on-failure", 1): self = .onFailure(max: 0)
        case ("on-failure", 2):
            guard let most = Int(parts[1]), (0...Self.mostRestarts).contains(most) else { throw Self.unknown(text) }
            self = .onFailure(max: most)
        default: throw Self.unknown(text)
        }
    }

    /// As Docker writes it.
    package var text: String {
        switch self {
        case .no: "no"
        case .always: "always"
        case .unlessStopped: "unless-stopped"
        case .onFailure(0): "on-failure"
        case .onFailure(let most): "on-failure:\(most)"
        }
    }

    private static let mostRestarts = 1_000_000

    private static func unknown(_ text: String) -> PodsError {
        PodsError(
            .invalid,
            "there is no restart policy \"\(text.prefix(64))\" (use no, always, unless-stopped or on-failure[:TIMES])"
        )
    }
}
