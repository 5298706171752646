package import Crypto

/// The SHA-256 of a blob, written `sha256:` and 64 lower-case hexadecimal digits.
///
/// Other algorithms of the OCI specification (section "Digests" of descriptor.md) are refused: nothing publishes
/// images under them, and a store keyed by one algorithm has one name for each blob.
package struct Digest: Hashable, Sendable, CustomStringConvertible {
    /// The 64 hexadecimal digits alone; safe as a file name.
    package let hex: String

    /// Parses `sha256:…`.
    package init(_ text: String) throws(ImageError) {
        guard text.hasPrefix("sha256:"), let digest = Digest(hex: text.dropFirst(7)) else {
            throw ImageError(
                .invalidArgument,
                "\"\(printable(text.utf8))\" is not a digest (write sha256: and 64 lower-case hexadecimal digits)"
            )
        }
        self = digest
    }

    /// Takes the digits alone; `nil` if they are not 64 lower-case hexadecimal digits.
    package init?(hex: some StringProtocol) {
        guard hex.utf8.count == 64, hex.utf8.allSatisfy(Self.isHexDigit) else { return nil }
        self.hex = String(hex)
    }

    /// Takes a finished hash.
    package init(_ digest: SHA256.Digest) {
        let digits = Array("0123456789abcdef".utf8)
        hex = String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// Hashes bytes that are in memory.
    package init(hashing bytes: [UInt8]) {
        self.init(SHA256.hash(data: bytes))
    }

    package var description: String { "sha256:\(hex)" }

    /// Whether a byte is one of `0`–`9` and `a`–`f`.
    package static func isHexDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
    }
}

extension Digest: Codable {
    package init(from decoder: any Decoder) throws {
        try self.init(String(from: decoder))
    }

    package func encode(to encoder: any Encoder) throws {
        try description.encode(to: encoder)
    }
}
