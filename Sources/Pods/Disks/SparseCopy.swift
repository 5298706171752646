import SystemPackage

/// Copies files that are mostly holes.
enum SparseCopy {
    private static let piece = 64 << 10
    /// `SEEK_DATA` and `SEEK_HOLE` of lseek(2), for which the System library has no names here.
    private static let (nextData, nextHole) = (
        FileDescriptor.SeekOrigin(rawValue: 3), FileDescriptor.SeekOrigin(rawValue: 4)
    )

    /// Makes a file that is one hole.
    static func makeHole(_ path: FilePath, size: Int64) throws {
        let file = try create(path)
        try file.closeAfter { try file.resize(to: size) }
    }

    /// Copies what of a file is no hole.
    static func copy(_ source: FilePath, to target: FilePath) throws {
        let from = try FileDescriptor.open(source, .readOnly, options: [.closeOnExec])
        try from.closeAfter {
            let to = try create(target)
            try to.closeAfter { try copy(from, to) }
        }
    }

    private static func copy(_ from: FileDescriptor, _ to: FileDescriptor) throws {
        let size = try from.seek(offset: 0, from: .end)
        try to.resize(to: size)
        var place: Int64 = 0
        while place < size, let start = try data(in: from, after: place) {
            let end = try from.seek(offset: start, from: nextHole)
            try copy(from, to, start..<end)
            place = end
        }
    }

    /// Where the next bytes are that are no hole.
    private static func data(in file: FileDescriptor, after place: Int64) throws -> Int64? {
        do {
            return try file.seek(offset: place, from: nextData)
        } catch Errno.noSuchAddressOrDevice {
            return nil
        }
    }

    private static func copy(_ from: FileDescriptor, _ to: FileDescriptor, _ range: Range<Int64>) throws {
        var place = range.lowerBound
        while place < range.upperBound {
            let wanted = Int(min(Int64(piece), range.upperBound - place))
            let bytes = try [UInt8](unsafeUninitializedCapacity: wanted) {
                $1 = try from.read(fromAbsoluteOffset: place, into: UnsafeMutableRawBufferPointer($0))
            }
            guard !bytes.isEmpty else { throw Errno.ioError }
            try to.writeAll(toAbsoluteOffset: place, bytes)
            place += Int64(bytes.count)
        }
    }

    private static func create(_ path: FilePath) throws -> FileDescriptor {
        try FileDescriptor.open(
            path,
            .readWrite,
            options: [.create, .truncate, .closeOnExec],
            permissions: [.ownerReadWrite]
        )
    }
}
