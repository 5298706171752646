/// What a server wants to see, out of `WWW-Authenticate` (RFC 9110, section 11.6.1).
struct Challenge: Hashable, Sendable {
    /// In lower case, such as `bearer`.
    let scheme: String
    /// The parameters by their names in lower case; of equal names the first counts.
    private(set) var parameters: [String: String] = [:]

    init(scheme: String, parameters: [String: String] = [:]) {
        self.scheme = scheme
        self.parameters = parameters
    }

    /// Reads all challenges: several may stand in one field, and there may be several fields.
    static func parse(_ fields: [String]) -> [Challenge] {
        Array(fields.prefix(8).flatMap(parse).prefix(16))
    }

    private static func parse(_ field: String) -> [Challenge] {
        var scanner = HeaderScanner(field)
        var challenges: [Challenge] = []
        while true {
            scanner.skipSeparators()
            if scanner.isAtEnd { return challenges }
            if !challenges.isEmpty, let (name, value) = scanner.parameter() {
                challenges[challenges.count - 1].add(name, value)
                continue
            }
            let scheme = scanner.token().lowercased()
            guard !scheme.isEmpty else {
                // No token can start here, so that nothing after it can be told apart either.
                return challenges
            }
            challenges.append(Challenge(scheme: scheme))
            skipCredential(&scanner, &challenges)
        }
    }

    /// A scheme may be followed by one opaque word in place of parameters, which is not another scheme.
    private static func skipCredential(_ scanner: inout HeaderScanner, _ challenges: inout [Challenge]) {
        scanner.skipSpace()
        if let (name, value) = scanner.parameter() {
            challenges[challenges.count - 1].add(name, value)
        } else {
            _ = scanner.token68()
        }
    }

    private mutating func add(_ name: String, _ value: String) {
        if parameters[name] == nil, parameters.count < 32 { parameters[name] = value }
    }
}
