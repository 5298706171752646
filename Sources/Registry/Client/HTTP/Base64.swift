import FoundationEssentials

/// The encoding of names and passwords in header fields (RFC 7617).
enum Base64 {
    static func encode(_ text: String) -> String {
        Data(text.utf8).base64EncodedString()
    }
}
