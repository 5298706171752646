/// Builds tar archives byte by byte, so that tests can say what no tool would write.
package struct TarBuilder {
    /// The type flag of a member.
    package enum Kind: UInt8 {
        case file = 0x30
        case hardLink
        case symbolicLink
        case characterDevice
        case blockDevice
        case folder
        case pipe
        case unknown = 0x56
        case pax = 0x78
    }

    private var bytes: [UInt8] = []

    /// Starts an empty archive.
    package init() {}

    /// The archive so far, without its end blocks.
    package var unfinished: [UInt8] { bytes }

    /// The archive with its end blocks.
    package var finished: [UInt8] { bytes + [UInt8](repeating: 0, count: 1024) }

    /// Adds a member.
    ///
    /// - Parameters:
    ///   - claimed: the size in the header, where it shall differ from the content's.
    ///   - pax: records of a pax header before it.
    package mutating func add(
        _ path: String,
        _ kind: Kind,
        _ content: [UInt8] = [],
        link: String = "",
        mode: Int = 0o644,
        owner: Int = 0,
        group: Int = 0,
        modified: Int = 1_000_000_000,
        claimed: Int? = nil,
        pax: [(String, String)] = []
    ) {
        if !pax.isEmpty { add("pax", .pax, pax.flatMap { Self.record($0.0, $0.1) }) }
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at offset: Int, limit: Int) {
            let field = Array(text.utf8.prefix(limit))
            header.replaceSubrange(offset..<(offset + field.count), with: field)
        }
        put(path, at: 0, limit: 100)
        put(Self.octal(mode, 7), at: 100, limit: 7)
        put(Self.octal(owner, 7), at: 108, limit: 7)
        put(Self.octal(group, 7), at: 116, limit: 7)
        put(Self.octal(claimed ?? content.count, 11), at: 124, limit: 11)
        put(Self.octal(modified, 11), at: 136, limit: 11)
        header[156] = kind.rawValue
        put(link, at: 157, limit: 100)
        put("ustar\u{0}00", at: 257, limit: 8)
        // Device 1:3 is /dev/null.
        put(Self.octal(1, 7), at: 329, limit: 7)
        put(Self.octal(3, 7), at: 337, limit: 7)
        put(Self.octal(header.reduce(8 * 32) { $0 + Int($1) }, 6) + "\u{0} ", at: 148, limit: 8)
        bytes += header + content + [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
    }

    private static func octal(_ value: Int, _ digits: Int) -> String {
        let text = String(value, radix: 8)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    private static func record(_ key: String, _ value: String) -> [UInt8] {
        let body = " \(key)=\(value)\n"
        var length = body.utf8.count + 1
        while "\(length)".utf8.count + body.utf8.count != length { length = "\(length)".utf8.count + body.utf8.count }
        return Array("\(length)\(body)".utf8)
    }
}
