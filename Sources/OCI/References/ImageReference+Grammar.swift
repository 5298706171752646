extension ImageReference {
    /// The registry of names that name none.
    package static let defaultDomain = "docker.io"

    /// Splits a name into registry and repository the way Docker does: the first part is a registry if it looks
    /// like a host (`.`, `:`, capitals, `localhost`), otherwise the whole is a repository of the default registry.
    ///
    /// Only Docker's own default has a `library/` for repositories of one part.
    static func splitDomain(_ name: Substring, default completion: String) -> (domain: String, path: String) {
        var domain = completion
        var path = name
        if let slash = name.firstIndex(of: "/"), looksLikeHost(name[..<slash]) {
            domain = name[..<slash] == "index.docker.io" ? defaultDomain : String(name[..<slash])
            path = name[name.index(after: slash)...]
        }
        guard domain == defaultDomain, !path.contains("/") else { return (domain, String(path)) }
        return (domain, "library/\(path)")
    }

    /// Whether a text names a registry, so that `text/path` is an image name on it rather than a longer path.
    package static func isRegistry(_ text: String) -> Bool {
        text.utf8.count <= 253 && looksLikeHost(text[...]) && isHost(text)
    }

    private static func looksLikeHost(_ part: Substring) -> Bool {
        part == "localhost" || part.utf8.contains { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: ":") || isUpper($0) }
    }

    /// Says what is wrong with a split name; `nil` if nothing is.
    static func problem(name: Substring, domain: String, path: String, tag: String?) -> String? {
        if name.isEmpty { return "it is empty" }
        if domain.utf8.count + 1 + path.utf8.count > 255 { return "it has more than 255 characters" }
        if Digest(hex: name) != nil { return "64 hexadecimal digits are an image id" }
        if !isHost(domain) { return "the registry \"\(printable(domain.utf8))\" is not a host name" }
        if path.utf8.contains(where: isUpper) { return "capital letters are only allowed in the tag" }
        if !path.split(separator: "/", omittingEmptySubsequences: false).allSatisfy(isPathComponent) {
            return "a part of it is empty or has a character or separator that is not allowed"
        }
        if let tag, !isTag(tag) { return "the tag is empty, longer than 128 or has a character that is not allowed" }
        return nil
    }

    /// Letters, digits, `_`, `.`, `-`; the first is not `.` or `-`.
    package static func isTag(_ text: String) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= 128, isWord(first) else { return false }
        return text.utf8.allSatisfy { isWord($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") }
    }

    /// Lower-case letters and digits, joined by `.`, `_`, `__` or any number of `-`.
    private static func isPathComponent(_ part: Substring) -> Bool {
        guard let first = part.utf8.first, let last = part.utf8.last else { return false }
        guard isLowerOrDigit(first), isLowerOrDigit(last) else { return false }
        return part.utf8.split(whereSeparator: isLowerOrDigit).allSatisfy(isSeparator)
    }

    private static func isSeparator(_ part: Substring.UTF8View.SubSequence) -> Bool {
        part.allSatisfy { $0 == UInt8(ascii: "-") } || [".", "_", "__"].contains { part.elementsEqual($0.utf8) }
    }

    /// Whether a text is `HOST[:PORT]`, be it an address or a name of one part.
    package static func isHost(_ domain: String) -> Bool {
        if domain.hasPrefix("[") { return isBracketedAddress(domain) }
        let parts = domain.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2, let host = parts.first else { return false }
        if parts.count == 2, !isPort(parts[1]) { return false }
        return host.split(separator: ".", omittingEmptySubsequences: false).allSatisfy(isHostLabel)
    }

    private static func isBracketedAddress(_ domain: String) -> Bool {
        guard let end = domain.firstIndex(of: "]") else { return false }
        let address = domain[..<end].dropFirst().utf8
        let rest = domain[domain.index(after: end)...]
        let isAddress = !address.isEmpty && address.allSatisfy { isHex($0) || $0 == UInt8(ascii: ":") }
        return isAddress && (rest.isEmpty || (rest.first == ":" && isPort(rest.dropFirst())))
    }

    private static func isHostLabel(_ label: Substring) -> Bool {
        guard let first = label.utf8.first, let last = label.utf8.last else { return false }
        guard isAlphanumeric(first), isAlphanumeric(last) else { return false }
        return label.utf8.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
    }

    private static func isPort(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.count <= 5 && text.utf8.allSatisfy(isDigit)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    private static func isUpper(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte) }
    private static func isLowerOrDigit(_ byte: UInt8) -> Bool { isDigit(byte) || (0x61...0x7A).contains(byte) }
    private static func isAlphanumeric(_ byte: UInt8) -> Bool { isLowerOrDigit(byte) || isUpper(byte) }
    private static func isWord(_ byte: UInt8) -> Bool { isAlphanumeric(byte) || byte == UInt8(ascii: "_") }
    private static func isHex(_ byte: UInt8) -> Bool { Digest.isHexDigit(byte) || (0x41...0x46).contains(byte) }
}
