/// Does something with each of several objects; a failure with one does not keep the others from their turn.
struct EachOf {
    private let names: [String]

    init(_ names: [String]) {
        self.names = names
    }

    /// Prints what the body returns for each name.
    ///
    /// - Throws: `ExitStatus` 1 after the last, when one of them failed; each failure is printed as it happens.
    func run(_ body: (String) async throws -> String?) async throws {
        var failed = false
        for name in names {
            do {
                if let line = try await body(name) { Console.line(line) }
            } catch {
                failed = true
                Console.complain("\(ErrorMessage.text(of: error))")
            }
        }
        if failed { throw ExitStatus(code: 1) }
    }
}
