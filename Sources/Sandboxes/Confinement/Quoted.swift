/// A user's word, fit for a message: in quotes, at most 64 characters, and without control characters.
package func quoted(_ text: String) -> String {
    let shown = text.unicodeScalars.prefix(64).map { scalar -> Character in
        scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) ? "?" : Character(scalar)
    }
    return "\"\(String(shown))\(text.unicodeScalars.count > 64 ? "…" : "")\""
}
