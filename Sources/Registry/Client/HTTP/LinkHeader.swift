/// The `Link` field, with which registries point to the next page of a list (RFC 8288).
enum LinkHeader {
    /// The target whose relation is `next`; `nil` if there is none.
    static func next(in fields: [String]) -> String? {
        for field in fields.prefix(8) {
            var scanner = HeaderScanner(field)
            if let target = next(&scanner) { return target }
        }
        return nil
    }

    private static func next(_ scanner: inout HeaderScanner) -> String? {
        while !scanner.isAtEnd {
            scanner.skipSeparators()
            guard scanner.take("<"), let target = scanner.text(upTo: ">") else { return nil }
            if isNext(&scanner) { return target }
            scanner.skip(to: ",")
        }
        return nil
    }

    private static func isNext(_ scanner: inout HeaderScanner) -> Bool {
        var isNext = false
        while true {
            scanner.skipSpace()
            guard scanner.take(";") else { return isNext }
            scanner.skipSpace()
            guard let (name, value) = scanner.parameter() else { return isNext }
            if name == "rel", value.lowercased().split(separator: " ").contains("next") { isNext = true }
        }
    }
}
