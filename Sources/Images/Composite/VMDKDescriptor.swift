import OCI
import SystemPackage

/// The text by which QEMU joins files into one disk (its block/vmdk.c is the reader that matters).
enum VMDKDescriptor {
    /// What QEMU scans a path into, without the final zero.
    private static let longestPath = 511
    /// A word that QEMU looks for anywhere in the text; behind it would come another file to read from.
    private static let parentMark = Array("parentFileNameHint".utf8)

    /// A descriptor of files with their sizes in bytes, in the disk's order.
    ///
    /// No empty line comes before the first extent: QEMU 7.2 would read the one behind it twice.
    static func text(_ extents: [(path: FilePath, size: Int)]) throws(ImageError) -> [UInt8] {
        var text = Array(
            """
            # Disk DescriptorFile
            version=1
            CID=fffffffe
            parentCID=ffffffff
            createType="twoGbMaxExtentFlat"
            # Extent description

            """.utf8
        )
        for extent in extents {
            try check(extent.path)
            text += Array("RW \(extent.size / PartitionTable.sector) FLAT \"".utf8)
            text += bytes(of: extent.path) + Array("\" 0\n".utf8)
        }
        return text
    }

    /// Refuses a path that would be read back as something else.
    static func check(_ path: FilePath) throws(ImageError) {
        let bytes = bytes(of: path)
        let isPlain = !bytes.contains { [0x22, 0x0A, 0x0D].contains($0) } && !contains(bytes, parentMark)
        guard path.isAbsolute, isPlain, bytes.count <= longestPath else {
            throw ImageError(
                .invalidArgument,
                """
                path "\(printable(bytes))" cannot be part of a disk \
                (choose folders with absolute paths of at most \(longestPath) bytes, without quotes and line ends)
                """
            )
        }
    }

    private static func bytes(of path: FilePath) -> [UInt8] {
        path.withPlatformString { start in
            UnsafeBufferPointer(start: start, count: path.length).map { UInt8(bitPattern: $0) }
        }
    }

    private static func contains(_ bytes: [UInt8], _ word: [UInt8]) -> Bool {
        bytes.indices.contains { bytes[$0...].starts(with: word) }
    }
}
