import EROFS
import OCI

/// What pax and GNU extension headers say about the member that follows them.
struct TarExtensions {
    private var records: [String: [UInt8]] = [:]
    private var attributes = TarAttributes()
    private var longPath: [UInt8]?
    private var longLink: [UInt8]?
    /// Offsets and lengths of GNU's sparse format 0.0, which repeats its keys.
    private var sparseNumbers: [Int64] = []

    private(set) var isEmpty = true

    /// Takes in one header's body.
    ///
    /// Global headers (`g`, written by git) are passed over, as Docker and libarchive do.
    /// - Returns: `false` if it is damaged.
    mutating func take(_ type: Character, _ body: [UInt8]) -> Bool {
        isEmpty = false
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

    /// Whether the map of a sparse file stands before its data (GNU's format 1.0).
    var hasMapInData: Bool { text("GNU.sparse.major") == Array("1".utf8) }

    /// The length of a sparse file; `nil` for an ordinary one.
    var sparseSize: Int64? {
        get throws { try number("GNU.sparse.realsize") ?? number("GNU.sparse.size") }
    }

    /// The map of a sparse file in format 0.0 or 0.1; `nil` if it is damaged.
    var sparseExtents: [TarSparse.Extent]? {
        guard let map = text("GNU.sparse.map") else { return TarSparse.extents(sparseNumbers) }
        let numbers = map.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
            .map { TarSparse.decimal($0) ?? -1 }
        return TarSparse.extents(numbers)
    }

    /// Overrides what the plain header says.
    func apply(to entry: inout TarEntry) throws {
        if let path = text("GNU.sparse.name") ?? text("path") ?? longPath { entry.path = path }
        if let link = text("linkpath") ?? longLink { entry.link = link }
        if let user = try number("uid") { entry.userID = user }
        if let group = try number("gid") { entry.groupID = group }
        if let major = try number("SCHILY.devmajor") { entry.major = major }
        if let minor = try number("SCHILY.devminor") { entry.minor = minor }
        if let time = text("mtime") {
            guard let value = TarTime(time) else { throw Self.noNumber("mtime", time) }
            (entry.modified, entry.modifiedNanoseconds) = (value.seconds, value.nanoseconds)
        }
        entry.extended = attributes.sorted
        if let permissions = attributes.listedPermissions {
            entry.permissions = entry.permissions & ~0o777 | permissions
        }
    }

    /// Reads `length key=value\n` records.
    private mutating func readRecords(_ body: [UInt8]) -> Bool {
        var rest = body[...]
        while let first = rest.first, first != 0 {
            let digits = rest.prefix { $0 != UInt8(ascii: " ") }
            guard digits.count < 8, let number = TarSparse.decimal(digits), let length = Int(exactly: number),
                length > digits.count + 1, length <= rest.count
            else { return false }
            let record = rest.prefix(length).dropFirst(digits.count + 1)
            guard record.last == UInt8(ascii: "\n"), let equals = record.firstIndex(of: UInt8(ascii: "=")) else {
                return false
            }
            set(record[..<equals], record[(equals + 1)...].dropLast())
            rest = rest.dropFirst(length)
        }
        return true
    }

    private mutating func set(_ key: ArraySlice<UInt8>, _ value: ArraySlice<UInt8>) {
        guard !attributes.take(key, value) else { return }
        let name = String(decoding: key, as: UTF8.self)
        if name == "GNU.sparse.offset" || name == "GNU.sparse.numbytes" {
            // What is out of turn or no number makes the map invalid as a whole.
            let isInTurn = (name == "GNU.sparse.offset") == (sparseNumbers.count % 2 == 0)
            sparseNumbers.append(isInTurn ? TarSparse.decimal(value) ?? -1 : -1)
        } else {
            records[name] = Array(value)
        }
    }

    /// A record's value; an empty one means what the plain header says (POSIX.1-2017, "pax Extended Header").
    private func text(_ key: String) -> [UInt8]? {
        guard let value = records[key], !value.isEmpty else { return nil }
        return value
    }

    private func number(_ key: String) throws(ImageError) -> Int64? {
        guard let bytes = text(key) else { return nil }
        guard let value = TarSparse.decimal(bytes) else { throw Self.noNumber(key, bytes) }
        return value
    }

    private static func noNumber(_ key: String, _ bytes: [UInt8]) -> ImageError {
        ImageError(.badArchive, "a pax header has \(key) \"\(printable(bytes))\", which is no number")
    }
}
