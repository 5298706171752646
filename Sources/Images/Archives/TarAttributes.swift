import EROFS

/// The extended attributes of a member, as the tar dialects write them.
///
/// `SCHILY.xattr.NAME` holds the value's bytes (star, GNU tar, Docker), `LIBARCHIVE.xattr.NAME` holds them in base64
/// with the name escaped as in a URL (bsdtar); where both are there they say the same and the former counts.
/// `SCHILY.acl.access` and `.default` hold access control lists as text.
///
/// Attributes outside the namespaces that a Linux disk keeps are left out. So are those of overlayfs itself: in a
/// layer they would hide or redirect what lies below, which only whiteouts may do; honest ones are left-overs of
/// the machine that the layer was made on.
struct TarAttributes {
    private static let schily = Array("SCHILY.xattr.".utf8)
    private static let libarchive = Array("LIBARCHIVE.xattr.".utf8)
    private static let accessList = Array("system.posix_acl_access".utf8)
    private static let defaultList = Array("system.posix_acl_default".utf8)
    private static let namespaces = ["user.", "trusted.", "security."].map { Array($0.utf8) }
    private static let reserved = ["trusted.overlay.", "user.overlay."].map { Array($0.utf8) }

    private var values: [[UInt8]: [UInt8]] = [:]

    /// The attributes in a fixed order, so that equal layers make equal disks.
    var sorted: [ExtendedAttribute] {
        values.sorted { $0.key.lexicographicallyPrecedes($1.key) }
            .map { ExtendedAttribute(name: $0.key, value: $0.value) }
    }

    /// The nine bits of the mode that an access control list stands for; `nil` without one.
    ///
    /// The kernel sets them with the list; bsdtar writes the owning group's permissions in place of the mask's.
    var listedPermissions: UInt16? { values[Self.accessList].flatMap(PosixACL.permissions(of:)) }

    /// Takes in a record.
    ///
    /// - Returns: `false` if it describes no attribute.
    mutating func take(_ key: ArraySlice<UInt8>, _ value: ArraySlice<UInt8>) -> Bool {
        if key.starts(with: Self.schily) {
            set(Array(key.dropFirst(Self.schily.count)), Array(value), replaces: true)
        } else if key.starts(with: Self.libarchive) {
            let name = Self.unescaped(key.dropFirst(Self.libarchive.count))
            if let bytes = Base64.decode(value) { set(name, bytes, replaces: false) }
        } else if key.elementsEqual("SCHILY.acl.access".utf8) {
            if let list = PosixACL(value), list.isMoreThanMode { set(Self.accessList, list.bytes, replaces: false) }
        } else if key.elementsEqual("SCHILY.acl.default".utf8) {
            if let list = PosixACL(value) { set(Self.defaultList, list.bytes, replaces: false) }
        } else {
            return false
        }
        return true
    }

    private mutating func set(_ name: [UInt8], _ value: [UInt8], replaces: Bool) {
        let isKept =
            name == Self.accessList || name == Self.defaultList
            || Self.namespaces.contains { name.starts(with: $0) && name.count > $0.count }
        guard isKept, !Self.reserved.contains(where: name.starts(with:)) else { return }
        if replaces || values[name] == nil { values[name] = value }
    }

    /// Undoes `%41` for `A`; a percent sign without two digits stands for itself.
    private static func unescaped(_ name: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        var rest = name
        while let byte = rest.popFirst() {
            let digits = rest.prefix(2)
            if byte == UInt8(ascii: "%"), digits.count == 2,
                let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
            {
                result.append(value)
                rest = rest.dropFirst(2)
            } else {
                result.append(byte)
            }
        }
        return result
    }
}
