/// A word on the command line that cannot be used, in a sentence for the person who wrote it.
package struct UsageError: Error, Equatable, Sendable, CustomStringConvertible {
    /// One lower-case sentence that names the word and the remedy.
    package let message: String

    /// Describes a mistake.
    package init(_ message: String) {
        self.message = message
    }

    package var description: String { message }
}

/// A user's word, fit for a message: in quotes, at most 64 characters, and without control characters.
func quoted(_ text: some StringProtocol) -> String {
    let isLong = text.unicodeScalars.count > 64
    return "\"\(printable(String(String.UnicodeScalarView(text.unicodeScalars.prefix(64)))))\(isLong ? "…" : "")\""
}

/// Text that cannot steer a terminal: each control character becomes a question mark.
func printable(_ text: String) -> String {
    String(
        String.UnicodeScalarView(
            text.unicodeScalars.map { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) ? "?" : $0 }
        )
    )
}
