import FoundationEssentials

/// Who answers at a URL; credentials belong to exactly one (RFC 6454).
struct Origin: Hashable, Sendable, CustomStringConvertible {
    let scheme: String
    /// In lower case, an IPv6 address in brackets.
    let host: String
    let port: Int

    var isSecure: Bool { scheme == "https" }

    var description: String {
        "\(scheme)://\(host)" + (port == Self.standardPort(scheme) ? "" : ":\(port)")
    }

    static func standardPort(_ scheme: String) -> Int { scheme == "https" ? 443 : 80 }
}

/// An absolute URL that can be asked: http or https, a host, no credentials inside.
struct WebAddress: Hashable, Sendable, CustomStringConvertible {
    let text: String
    let origin: Origin
    private let path: String

    /// Parses a URL that may come from a stranger, such as a `Location`.
    ///
    /// Other schemes would lead to files and sockets of this machine.
    ///
    /// - Parameter base: what a relative one starts from.
    /// - Returns: `nil` if it cannot be asked.
    init?(_ text: String, relativeTo base: WebAddress? = nil) {
        guard !text.isEmpty, text.utf8.count <= 8192, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
            return nil
        }
        guard let url = URL(string: text, relativeTo: base.flatMap { URL(string: $0.text) })?.absoluteURL,
            let scheme = url.scheme?.lowercased(), scheme == "http" || scheme == "https",
            let host = url.host(percentEncoded: true), !host.isEmpty, url.user == nil, url.password == nil
        else { return nil }
        let port = url.port ?? Origin.standardPort(scheme)
        guard (1...65535).contains(port) else { return nil }
        let name = host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host
        origin = Origin(scheme: scheme, host: name.lowercased(), port: port)
        path = url.path(percentEncoded: true)
        self.text = String(url.absoluteString.prefix { $0 != "#" })
    }

    /// The same place with more of a query.
    func adding(_ query: [(name: String, value: String)]) -> WebAddress? {
        guard !query.isEmpty else { return self }
        return WebAddress("\(text)\(text.contains("?") ? "&" : "?")\(Self.form(query))")
    }

    /// Without the query, which may hold a signature that is as good as a password.
    var description: String { "\(origin)\(path)".count <= 200 ? "\(origin)\(path)" : "\(origin)" }

    /// Encodes fields for a query, or for the body of a form.
    static func form(_ fields: [(name: String, value: String)]) -> String {
        fields.map { "\(encoded($0.name))=\(encoded($0.value))" }.joined(separator: "&")
    }

    private static func encoded(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        let bytes = text.utf8.flatMap { byte -> [UInt8] in
            isUnreserved(byte) ? [byte] : [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "-._~".utf8.contains(byte)
        }
    }
}
