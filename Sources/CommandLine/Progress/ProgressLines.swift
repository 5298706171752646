import Images

/// Turns news into plain lines: what changes, but not how far it is.
struct ProgressLines {
    private var last: [String: String] = [:]

    /// The line to print; `nil` for news that only counts.
    mutating func line(_ message: ProgressMessage) -> String? {
        guard message.pushed == nil else { return nil }
        guard let id = message.id else { return printable(message.status) }
        guard last.updateValue(message.status, forKey: id) != message.status else { return nil }
        return printable("\(id): \(message.status)")
    }
}
