import SystemPackage

/// The text by which QEMU joins files into one disk (its block/vmdk.c is the reader that matters).
enum VMDKDescriptor {
    /// A descriptor of files with their sizes in bytes, in the disk's order.
    ///
    /// An extent may be longer than its file: QEMU reads zeros behind a file's end, and from an empty file nothing else.
    /// The format's own extents of zeros would not do, QEMU 7.2 passes over them without a word.
    ///
    /// The paths are QEMU's own for descriptors, so that there is nothing in them that could be misread. No empty line
    /// comes before the first extent: QEMU 7.2 would read the one behind it twice.
    static func text(_ extents: [(path: FilePath, size: Int64)]) -> [UInt8] {
        let head = """
            # Disk DescriptorFile
            version=1
            CID=fffffffe
            parentCID=ffffffff
            createType="twoGbMaxExtentFlat"
            # Extent description

            """
        let lines = extents.map { "RW \($0.size / 512) FLAT \"\($0.path)\" 0\n" }
        return Array((head + lines.joined()).utf8)
    }
}
