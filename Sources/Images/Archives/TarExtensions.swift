import OCI

/// What pax and GNU extension headers say about the member that follows them.
struct TarExtensions {
    private var records: [String: [UInt8]] = [:]
    private var longPath: [UInt8]?
    private var longLink: [UInt8]?

    var isEmpty: Bool { records.isEmpty && longPath == nil && longLink == nil }

    /// Takes in one header's body.
    ///
    /// Global headers (`g`, written by git) are passed over, as libarchive does.
    /// - Returns: `false` if it is damaged.
    mutating func take(_ type: Character, _ body: [UInt8]) -> Bool {
        switch type {
        case "L": longPath = Array(body.prefix { $0 != 0 })
        case "K": longLink = Array(body.prefix { $0 != 0 })
        case "x": return readRecords(body)
        default: break
        }
        return true
    }

    /// Bytes that the member takes in the archive, where the header's field is too small for it.
    var storedSize: Int64? {
        get throws { try number("size") }
    }

    /// Overrides what the plain header says.
    func apply(to entry: inout TarEntry) throws {
        if let path = records["GNU.sparse.name"] ?? records["path"] ?? longPath { entry.path = path }
        if let link = records["linkpath"] ?? longLink { entry.link = link }
        if let user = try number("uid") { entry.userID = user }
        if let group = try number("gid") { entry.groupID = group }
        if let size = try number("GNU.sparse.realsize") ?? number("GNU.sparse.size") {
            entry.size = max(entry.size, size)
        }
    }

    /// Reads `length key=value\n` records.
    private mutating func readRecords(_ body: [UInt8]) -> Bool {
        var rest = body[...]
        while let first = rest.first, first != 0 {
            let digits = rest.prefix { $0 != UInt8(ascii: " ") }
            guard digits.count < 8, let length = Int(String(decoding: digits, as: UTF8.self)),
                length > digits.count + 1, length <= rest.count
            else { return false }
            let record = rest.prefix(length).dropFirst(digits.count + 1)
            guard record.last == UInt8(ascii: "\n"), let equals = record.firstIndex(of: UInt8(ascii: "=")) else {
                return false
            }
            let key = String(decoding: record[..<equals], as: UTF8.self)
            records[key] = Array(record[(equals + 1)...].dropLast())
            rest = rest.dropFirst(length)
        }
        return true
    }

    private func number(_ key: String) throws -> Int64? {
        guard let bytes = records[key] else { return nil }
        guard let value = Int64(String(decoding: bytes, as: UTF8.self)), value >= 0 else {
            throw ImageError(.badArchive, "a pax header has \(key) \"\(printable(bytes))\", which is no number")
        }
        return value
    }
}
