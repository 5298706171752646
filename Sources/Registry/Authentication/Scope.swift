/// What a token shall allow (distribution specification of tokens: `type:name:actions`).
struct Scope: Hashable, Sendable {
    /// One string for each resource.
    let resources: [String]

    /// Whatever the registry names in its challenge.
    static let offered = Scope(resources: [])

    static func pull(_ repository: String) -> Scope {
        Scope(resources: ["repository:\(repository):pull"])
    }

    /// - Parameter other: a repository that a blob is mounted from.
    static func push(_ repository: String, mountingFrom other: String? = nil) -> Scope {
        let source = other.map { ["repository:\($0):pull"] } ?? []
        return Scope(resources: ["repository:\(repository):pull,push"] + source)
    }

    /// What to ask the token server for: our own needs, not what the registry suggests, wherever we know them.
    func asked(_ challenge: Challenge) -> [String] {
        guard resources.isEmpty else { return resources }
        return (challenge.parameters["scope"] ?? "").split(separator: " ").prefix(8).map(String.init)
    }
}
