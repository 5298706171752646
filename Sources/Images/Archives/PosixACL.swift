/// An access control list, from tar's text to the bytes of the attribute that Linux keeps it in.
///
/// The text is `user::rwx,user:name:r-x:1000,group::r-x,mask::r-x,other::r--`; the number after a named entry's
/// permissions is its id (star, bsdtar). GNU tar leaves that out and, when told to, writes the number for the name.
/// A list whose names have no number is left out: a layer's names mean nothing to this machine.
struct PosixACL {
    private struct Entry {
        var tag: UInt16
        var permissions: UInt16
        var id: UInt32
    }

    /// As many as the attribute's 64 KiB hold.
    private static let entryLimit = 8191

    private var entries: [Entry] = []

    /// Reads a list; `nil` if it is none, or names somebody without a number.
    init?(_ text: some Collection<UInt8>) {
        let separators = [UInt8(ascii: ","), UInt8(ascii: "\n")]
        let parts = text.split(whereSeparator: separators.contains)
        guard !parts.isEmpty, parts.count <= Self.entryLimit else { return nil }
        for part in parts {
            guard let entry = Self.entry(String(decoding: part, as: UTF8.self)) else { return nil }
            entries.append(entry)
        }
        // The kernel wants them by tag and id (fs/posix_acl.c, posix_acl_valid).
        entries.sort { ($0.tag, $0.id) < ($1.tag, $1.id) }
    }

    /// Whether it says more than the nine bits of a mode do.
    var isMoreThanMode: Bool { entries.count > 3 }

    /// Version 2, little-endian (linux/posix_acl_xattr.h).
    var bytes: [UInt8] {
        entries.reduce(into: [2, 0, 0, 0]) { bytes, entry in
            bytes += [UInt8(truncatingIfNeeded: entry.tag), UInt8(truncatingIfNeeded: entry.tag >> 8)]
            bytes += [UInt8(truncatingIfNeeded: entry.permissions), 0]
            bytes += (0..<4).map { UInt8(truncatingIfNeeded: entry.id >> (8 * UInt32($0))) }
        }
    }

    /// The nine bits of the mode that a list in Linux's form stands for; `nil` if it is damaged.
    static func permissions(of bytes: [UInt8]) -> UInt16? {
        guard bytes.count >= 4, (bytes.count - 4) % 8 == 0, bytes.prefix(4).elementsEqual([2, 0, 0, 0]) else {
            return nil
        }
        var found: [UInt8: UInt16] = [:]
        for start in stride(from: 4, to: bytes.count, by: 8) { found[bytes[start]] = UInt16(bytes[start + 2] & 7) }
        guard let user = found[0x01], let group = found[0x10] ?? found[0x04], let other = found[0x20] else {
            return nil
        }
        return user << 6 | group << 3 | other
    }

    private static func entry(_ text: String) -> Entry? {
        // A comment may follow where GNU tar shows the effective permissions.
        let fields = text.prefix { $0 != "#" && $0 != "\t" && $0 != " " }
            .split(separator: ":", omittingEmptySubsequences: false)
        guard fields.count >= 3, let permissions = permissions(fields[2]) else { return nil }
        let named = !fields[1].isEmpty
        guard let tag = tag(fields[0], named: named) else { return nil }
        guard named else { return Entry(tag: tag, permissions: permissions, id: .max) }
        guard let id = fields.count > 3 ? UInt32(fields[3]) : UInt32(fields[1]), id != .max else { return nil }
        return Entry(tag: tag, permissions: permissions, id: id)
    }

    private static func tag(_ word: Substring, named: Bool) -> UInt16? {
        switch (word, named) {
        case ("user", false), ("u", false): 0x01
        case ("user", true), ("u", true): 0x02
        case ("group", false), ("g", false): 0x04
        case ("group", true), ("g", true): 0x08
        case ("mask", false), ("m", false): 0x10
        case ("other", false), ("o", false): 0x20
        default: nil
        }
    }

    private static func permissions(_ word: Substring) -> UInt16? {
        guard word.count == 3 else { return nil }
        return zip(word, [("r", 4), ("w", 2), ("x", 1)] as [(Character, UInt16)]).reduce(UInt16?(0)) { sum, pair in
            guard let sum, pair.0 == pair.1.0 || pair.0 == "-" else { return nil }
            return pair.0 == "-" ? sum : sum + pair.1.1
        }
    }
}
