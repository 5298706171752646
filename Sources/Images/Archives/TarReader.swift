import Linux
import OCI
import SystemPackage

/// Walks the headers of a tar archive (POSIX ustar and pax, GNU long names and sparse files) without unpacking it.
///
/// Formats: POSIX.1-2017, "pax Interchange Format"; GNU tar manual, "Basic Tar Format". Anything else is refused,
/// so that what was checked here is what the unpacking program sees.
struct TarReader: ~Copyable {
    private static let block: Int64 = 512
    /// Extended attributes are the largest thing in an extension header: 64 KiB each on Linux.
    private static let extensionLimit: Int64 = 1 << 20

    private let file: OwnedFD
    private let path: FilePath
    private let end: Int64
    private var position: Int64 = 0

    init(_ path: FilePath) throws {
        let file = try File.open(path)
        end = try file.descriptor.seek(offset: 0, from: .end)
        self.path = path
        self.file = file
    }

    /// The next member; `nil` at the end-of-archive block or, as some writers leave that out, the end of the file.
    mutating func next() throws -> TarEntry? {
        let start = position
        var extensions = TarExtensions()
        while let header = try readHeader() {
            if try !readExtension(header, into: &extensions) {
                return try entry(header, extensions, start: start)
            }
        }
        guard start == position || extensions.isEmpty else { throw FileRegion.truncated(path) }
        return nil
    }

    private mutating func readHeader() throws -> TarHeader? {
        guard position < end else { return nil }
        let bytes = try read(at: position, count: Self.block)
        guard bytes.contains(where: { $0 != 0 }) else { return nil }
        guard let header = TarHeader(bytes) else {
            throw ImageError(.badArchive, "\(path) is not a tar archive, or is damaged at byte \(position)")
        }
        position += Self.block
        return header
    }

    /// Takes in a header that describes the next member.
    ///
    /// - Returns: `false` if this header is a member itself.
    private mutating func readExtension(_ header: TarHeader, into extensions: inout TarExtensions) throws -> Bool {
        guard ["x", "g", "L", "K"].contains(header.type) else { return false }
        guard header.size <= Self.extensionLimit else {
            throw ImageError(.refused, "\(path): a header of \(header.size) bytes (at most \(Self.extensionLimit))")
        }
        let body = try read(at: position, count: header.size)
        position += Self.padded(header.size)
        guard extensions.take(header.type, body) else {
            throw ImageError(.badArchive, "\(path): a pax header near byte \(position) is damaged")
        }
        return true
    }

    private mutating func entry(_ header: TarHeader, _ extensions: TarExtensions, start: Int64) throws -> TarEntry {
        guard var entry = header.entry else {
            throw ImageError(
                .unsupported,
                "\(path): entry \"\(printable(header.path))\" is of a type that layers do not have"
            )
        }
        // The maps of an old GNU sparse file continue in blocks of their own before its data.
        var isExtended = header.isSparseExtended
        while isExtended {
            isExtended = try read(at: position, count: Self.block)[504] != 0
            position += Self.block
        }
        let stored = entry.kind == .file ? try extensions.storedSize ?? header.size : 0
        guard stored >= 0, stored <= end - position else { throw FileRegion.truncated(path) }
        entry.data = position..<(position + stored)
        position = min(end, position + Self.padded(stored))
        entry.span = start..<position
        entry.size = header.realSize ?? stored
        try extensions.apply(to: &entry)
        return entry
    }

    private func read(at offset: Int64, count: Int64) throws -> [UInt8] {
        guard count >= 0, count <= end - offset else { throw FileRegion.truncated(path) }
        return try Array(unsafeUninitializedCapacity: Int(count)) { buffer, filled in
            while filled < Int(count) {
                let rest = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[filled...])
                let got = try file.descriptor.read(fromAbsoluteOffset: offset + Int64(filled), into: rest)
                guard got > 0 else { throw FileRegion.truncated(path) }
                filled += got
            }
        }
    }

    private static func padded(_ size: Int64) -> Int64 {
        (size + block - 1) / block * block
    }
}
