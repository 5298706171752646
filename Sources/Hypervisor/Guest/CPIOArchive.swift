/// An initial file system in the format that the kernel unpacks: cpio "newc" (the kernel's
/// `Documentation/driver-api/early-userspace/buffer-format.rst`).
///
/// It is not compressed: unpacking costs an emulated guest more than reading (measured).
struct CPIOArchive {
    private(set) var bytes: [UInt8] = []
    private var inode: UInt32 = 0

    /// Adds a folder; parents must come first.
    mutating func addFolder(_ name: String) {
        add(name, mode: 0o040755, [])
    }

    /// Adds an ordinary file.
    mutating func addFile(_ name: String, permissions: UInt32, _ content: [UInt8]) {
        add(name, mode: 0o100000 | permissions, content)
    }

    /// Adds the end mark; nothing may follow.
    mutating func finish() {
        add("TRAILER!!!", mode: 0, [])
    }

    private mutating func add(_ name: String, mode: UInt32, _ content: [UInt8]) {
        inode += 1
        let name = Array(name.utf8) + [0]
        let (size, nameSize) = (UInt32(content.count), UInt32(name.count))
        bytes += Array("070701".utf8)
        // ino, mode, uid, gid, nlink, mtime, filesize, maj, min, rmaj, rmin, namesize, chksum
        for field in [inode, mode, 0, 0, 1, 0, size, 0, 0, 0, 0, nameSize, 0] { bytes += Self.hexadecimal(field) }
        bytes += name
        pad()
        bytes += content
        pad()
    }

    private mutating func pad() {
        bytes += repeatElement(0, count: (4 - bytes.count % 4) % 4)
    }

    private static func hexadecimal(_ value: UInt32) -> [UInt8] {
        let digits = Array(String(value, radix: 16, uppercase: true).utf8)
        return repeatElement(UInt8(ascii: "0"), count: 8 - digits.count) + digits
    }
}
