/// The extended attributes of an inode, as they lie behind it.
///
/// A header of 12 bytes, then entries aligned to 4: length of the name, its class, length of the value, name, value.
/// Names are stored without their class's prefix (erofs_fs.h, `erofs_xattr_entry`; fs/erofs/xattr.h).
struct AttributeArea {
    /// Classes with their numbers; the two ACLs are names of their own, with nothing after the prefix.
    private static let classes: [(prefix: [UInt8], index: UInt8)] = [
        (Array("system.posix_acl_access".utf8), 2), (Array("system.posix_acl_default".utf8), 3),
        (Array("user.".utf8), 1), (Array("trusted.".utf8), 4), (Array("security.".utf8), 6),
    ]
    private static let headerSize = 12
    /// `i_xattr_icount` counts words in 16 bits, the header as one.
    private static let largest = headerSize + 4 * (Int(UInt16.max) - 1)

    private(set) var bytes: [UInt8] = []

    init(_ attributes: [ExtendedAttribute]) throws(EROFSError) {
        guard !attributes.isEmpty else { return }
        var record = Record()
        record.pad(to: Self.headerSize)
        for attribute in attributes { try Self.put(attribute, in: &record) }
        guard record.bytes.count <= Self.largest else {
            throw EROFSError(.attributes, "extended attributes of more than \(Self.largest) bytes")
        }
        bytes = record.bytes
    }

    /// Whether the format knows the class of an attribute's name.
    static func isStorable(_ name: [UInt8]) -> Bool { classed(name) != nil }

    /// `i_xattr_icount`: 0 without attributes, otherwise the words behind the header and one.
    var wordCount: UInt16 { bytes.isEmpty ? 0 : UInt16((bytes.count - Self.headerSize) / 4 + 1) }

    private static func put(_ attribute: ExtendedAttribute, in record: inout Record) throws(EROFSError) {
        guard let (index, name) = classed(attribute.name) else {
            throw EROFSError(.attributes, "an extended attribute of a class that disks do not have")
        }
        guard name.count <= UInt8.max, attribute.value.count <= UInt16.max else {
            throw EROFSError(.attributes, "an extended attribute whose name or value is too long")
        }
        record.put(UInt8(name.count))
        record.put(index)
        record.put(UInt16(attribute.value.count))
        record.put(name)
        record.put(attribute.value)
        record.pad(to: Format.roundUp(record.bytes.count, to: 4))
    }

    private static func classed(_ name: [UInt8]) -> (index: UInt8, name: ArraySlice<UInt8>)? {
        for (prefix, index) in classes where name.starts(with: prefix) {
            let rest = name.dropFirst(prefix.count)
            // An ACL's name is its prefix alone; every other name has something after it.
            if rest.isEmpty == (prefix.last != UInt8(ascii: ".")) { return (index, rest) }
        }
        return nil
    }
}

extension AttributeArea {
    /// Reads the attributes behind an inode; what is cut off is left out.
    static func decode(_ bytes: [UInt8]) -> [ExtendedAttribute] {
        var attributes: [ExtendedAttribute] = []
        var rest = bytes.dropFirst(headerSize)
        while rest.count >= 4 {
            let start = rest.startIndex
            let (nameLength, valueLength) = (Int(rest[start]), Int(rest[start + 2]) | Int(rest[start + 3]) << 8)
            let index = rest[start + 1]
            let whole = Format.roundUp(4 + nameLength + valueLength, to: 4)
            guard rest.count >= whole, let prefix = classes.first(where: { $0.index == index })?.prefix else { break }
            let name = rest[(start + 4)..<(start + 4 + nameLength)]
            let value = rest[(start + 4 + nameLength)..<(start + 4 + nameLength + valueLength)]
            attributes.append(ExtendedAttribute(name: prefix + name, value: Array(value)))
            rest = rest.dropFirst(whole)
        }
        return attributes
    }
}
