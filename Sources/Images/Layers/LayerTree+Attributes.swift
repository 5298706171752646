import EROFS
import OCI

extension LayerTree {
    /// Name and value of one attribute: XATTR_NAME_MAX, and what EROFS's 16 bits of length hold.
    private static let attributeBounds = (name: 255, value: 65_535)
    /// All attributes of one file; EROFS counts them in 16 bits of 4 bytes each (erofs_fs.h, i_xattr_icount).
    private static let attributesBound = 128 << 10
    /// (uid_t)-1 means "leave as it is" to the kernel and is nobody's number.
    private static let ownerLimit: Int64 = 0xFFFF_FFFE

    /// Refuses what no file can have, and devices that would delete.
    func checkAttributes(_ entry: TarEntry) throws(ImageError) {
        guard (0...Self.ownerLimit).contains(entry.userID), (0...Self.ownerLimit).contains(entry.groupID) else {
            throw refusal(entry, "belongs to user \(entry.userID), group \(entry.groupID), which cannot exist")
        }
        try checkExtended(entry)
        switch entry.kind {
        case .symbolicLink: try checkTarget(entry)
        case .characterDevice, .blockDevice: try checkDevice(entry)
        case .file, .folder, .hardLink, .pipe: return
        }
    }

    private func checkExtended(_ entry: TarEntry) throws(ImageError) {
        let bounds = Self.attributeBounds
        let fits = entry.extended.allSatisfy { attribute in
            attribute.name.count <= bounds.name && attribute.value.count <= bounds.value
                && !attribute.name.contains(0)
        }
        let sum = entry.extended.reduce(0) { $0 + $1.name.count + $1.value.count }
        guard fits, sum <= Self.attributesBound else {
            throw refusal(entry, "has extended attributes that are too large")
        }
    }

    private func checkTarget(_ entry: TarEntry) throws(ImageError) {
        guard !entry.link.isEmpty, entry.link.count <= limits.pathBytes else {
            throw refusal(entry, "is empty or too long", what: "the target of link")
        }
        guard !entry.link.contains(0) else {
            throw refusal(entry, "contains a zero byte", what: "the target of link")
        }
    }

    /// Linux numbers devices with 12 and 20 bits; 0/0 is how overlayfs marks a deletion.
    private func checkDevice(_ entry: TarEntry) throws(ImageError) {
        guard (0..<1 << 12).contains(entry.major), (0..<1 << 20).contains(entry.minor) else {
            throw refusal(entry, "is device \(entry.major):\(entry.minor), which cannot exist")
        }
        guard entry.kind == .blockDevice || entry.major != 0 || entry.minor != 0 else {
            throw refusal(entry, "is device 0:0, which would delete a file of the layers below")
        }
    }

    func attributes(of entry: TarEntry) -> FileAttributes {
        // As the kernel has it: links have no mode of their own, and user attributes are for files and folders.
        let isLink = entry.kind == .symbolicLink
        let takesUserAttributes = entry.kind == .file || entry.kind == .folder
        return FileAttributes(
            permissions: isLink ? 0o777 : entry.permissions,
            userID: UInt32(truncatingIfNeeded: entry.userID),
            groupID: UInt32(truncatingIfNeeded: entry.groupID),
            modified: entry.modified,
            modifiedNanoseconds: entry.modifiedNanoseconds,
            extended: entry.extended.filter { takesUserAttributes || !$0.name.starts(with: "user.".utf8) }
        )
    }

    /// What an entry other than a folder or a hard link becomes.
    func content(of entry: TarEntry, _ write: () throws -> FileData) throws -> FileContent {
        let device = (major: UInt32(truncatingIfNeeded: entry.major), minor: UInt32(truncatingIfNeeded: entry.minor))
        switch entry.kind {
        case .file, .hardLink: return .file(try write())
        case .symbolicLink: return .symbolicLink(entry.link)
        case .characterDevice: return .characterDevice(major: device.major, minor: device.minor)
        case .blockDevice: return .blockDevice(major: device.major, minor: device.minor)
        case .pipe: return .pipe
        case .folder: return .folder
        }
    }
}
