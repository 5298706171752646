import OCI
import SystemPackage

/// Walks a tar archive (POSIX ustar and pax, GNU long names and sparse files) from its first byte to its last.
///
/// Formats: POSIX.1-2017, "pax Interchange Format"; GNU tar manual, "Basic Tar Format". Anything else is refused.
/// Where the dialects disagree it reads what Go's archive/tar reads, because layers are written and judged with it:
/// links, devices and folders have no data whatever their size field says.
struct TarReader: ~Copyable {
    private static let block = 512
    /// All extension headers of one member.
    ///
    /// Extended attributes are the largest thing in them: 64 KiB each on Linux.
    private static let extensionLimit: Int64 = 1 << 20

    private var source: TarSource
    /// Stored bytes of the present member that nobody has read, and the padding after them.
    private var unread: Int64 = 0
    private var padding: Int64 = 0
    private var isFinished = false

    init(_ source: consuming TarSource) {
        self.source = source
    }

    /// Reads a plain file, passing over what nobody asks for.
    init(_ path: FilePath) throws {
        guard let size = File.regularSize(path) else {
            throw ImageError(.badArchive, "\(path) is not a file")
        }
        try self.init(TarSource(FileRegion(path: path, offset: 0, length: size), name: "\(path)"))
    }

    /// How many bytes have been read or skipped.
    var position: Int64 { source.position }

    /// Whether the end of the bytes has been seen.
    var isAtEnd: Bool { source.isAtEnd }

    /// The next member; `nil` at the end-of-archive block or, as some writers leave that out, the end of the bytes.
    mutating func next() throws -> TarEntry? {
        try finishMember()
        var extensions = TarExtensions()
        var extensionBytes: Int64 = 0
        while let header = try readHeader() {
            if try !readExtension(header, into: &extensions, &extensionBytes) {
                return try entry(header, extensions)
            }
        }
        guard extensions.isEmpty else { throw FileRegion.truncated(source.name) }
        return nil
    }

    /// The next stored bytes of the present member, valid until the next call; none when they have all been read.
    ///
    /// - Parameter limit: the most that are wanted.
    mutating func nextData(_ limit: Int64) throws -> UnsafeRawBufferPointer {
        guard unread > 0 else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        let chunk = try source.next(min(unread, limit))
        guard !chunk.isEmpty else { throw FileRegion.truncated(source.name) }
        unread -= Int64(chunk.count)
        return chunk
    }

    /// The next bytes after the end of the archive, none at the end: they belong to what a digest covers.
    mutating func nextTrailing() throws -> UnsafeRawBufferPointer { try source.next(.max) }

    private mutating func finishMember() throws {
        guard try source.skip(unread) == unread else { throw FileRegion.truncated(source.name) }
        // Some writers leave out the last member's padding too.
        _ = try source.skip(padding)
        (unread, padding) = (0, 0)
    }

    private mutating func readHeader() throws -> TarHeader? {
        guard !isFinished else { return nil }
        let start = source.position
        let bytes = try readBlock()
        guard let bytes, bytes.contains(where: { $0 != 0 }) else {
            isFinished = true
            return nil
        }
        guard let header = TarHeader(bytes) else {
            throw ImageError(.badArchive, "\(source.name) is not a tar archive, or is damaged at byte \(start)")
        }
        return header
    }

    /// A block; `nil` if the bytes end where it would start.
    private mutating func readBlock() throws -> [UInt8]? {
        let first = try source.next(1)
        guard let byte = first.first else { return nil }
        return [byte] + (try source.read(Self.block - 1))
    }

    /// Takes in a header that describes the next member.
    ///
    /// - Returns: `false` if this header is a member itself.
    private mutating func readExtension(
        _ header: TarHeader,
        into extensions: inout TarExtensions,
        _ total: inout Int64
    ) throws -> Bool {
        guard ["x", "g", "L", "K"].contains(header.type) else { return false }
        guard header.size <= Self.extensionLimit - total else {
            throw ImageError(
                .refused,
                "\(source.name): the headers before an entry near byte \(position) are larger than "
                    + "\(Self.extensionLimit) bytes"
            )
        }
        total += max(header.size, Int64(Self.block))
        let body = try source.read(Int(header.size))
        _ = try source.skip(Self.paddingAfter(header.size))
        guard extensions.take(header.type, body) else {
            throw ImageError(.badArchive, "\(source.name): a pax header near byte \(position) is damaged")
        }
        return true
    }

    private mutating func entry(_ header: TarHeader, _ extensions: TarExtensions) throws -> TarEntry {
        guard var entry = header.entry() else {
            throw ImageError(
                .badArchive,
                "\(source.name): entry \"\(printable(header.path))\" has a number that is damaged or too large"
            )
        }
        try extensions.apply(to: &entry)
        guard let kind = header.kind(path: entry.path) else {
            throw ImageError(
                .unsupported,
                "\(source.name): entry \"\(entry.printableName)\" is of a type that layers do not have"
            )
        }
        entry.kind = kind
        guard kind == .file else { return entry }
        unread = try extensions.storedSize ?? header.size
        padding = Self.paddingAfter(unread)
        entry.size = unread
        try readSparse(header, extensions, &entry)
        let (end, overflow) = position.addingReportingOverflow(unread)
        guard !overflow else { throw FileRegion.truncated(source.name) }
        entry.data = position..<end
        return entry
    }

    private static func paddingAfter(_ size: Int64) -> Int64 {
        (Int64(block) - size % Int64(block)) % Int64(block)
    }
}

extension TarReader {
    /// Reads the map of a file with holes, wherever its dialect keeps it.
    private mutating func readSparse(
        _ header: TarHeader,
        _ extensions: TarExtensions,
        _ entry: inout TarEntry
    ) throws {
        let extents: [TarSparse.Extent]?
        let size: Int64
        if let sparse = header.sparse {
            extents = try oldMap(sparse.fields, continues: sparse.continues, entry)
            size = sparse.size ?? -1
        } else if let length = try extensions.sparseSize {
            extents = extensions.hasMapInData ? try mapInData(entry) : extensions.sparseExtents
            size = length
        } else {
            return
        }
        guard let extents, let sparse = TarSparse(extents: extents, size: size, stored: unread) else {
            throw damagedMap(entry)
        }
        entry.sparse = sparse
        entry.size = size
    }

    /// The maps of an old GNU sparse file continue in blocks of their own before its data.
    private mutating func oldMap(
        _ fields: ArraySlice<UInt8>,
        continues: Bool,
        _ entry: TarEntry
    ) throws -> [TarSparse.Extent]? {
        guard var extents = TarSparse.extents(fields: fields) else { return nil }
        var continues = continues
        while continues {
            let block = try source.read(Self.block)
            guard let more = TarSparse.extents(fields: block[0..<504]), !more.isEmpty else { return nil }
            extents += more
            guard extents.count <= TarSparse.extentLimit else { throw tooManyExtents(entry) }
            continues = block[504] != 0
        }
        return extents
    }

    /// Format 1.0: decimal lines, first their count, padded to a whole block; they count as stored bytes.
    private mutating func mapInData(_ entry: TarEntry) throws -> [TarSparse.Extent]? {
        var numbers: [Int64] = []
        var digits: [UInt8] = []
        while numbers.isEmpty || numbers.count < 1 + 2 * Int(numbers[0]) {
            guard unread >= Int64(Self.block) else { return nil }
            unread -= Int64(Self.block)
            for byte in try source.read(Self.block) {
                guard byte == UInt8(ascii: "\n") else {
                    digits.append(byte)
                    continue
                }
                // Zeros fill the last block after the last line.
                guard numbers.isEmpty || numbers.count < 1 + 2 * Int(numbers[0]) else { break }
                guard let number = TarSparse.decimal(digits) else { return nil }
                guard !numbers.isEmpty || number <= TarSparse.extentLimit else { throw tooManyExtents(entry) }
                numbers.append(number)
                digits = []
            }
            // A number has 19 digits at most; the filling of the last block is not looked at again.
            guard digits.count < 2 * Self.block else { return nil }
        }
        return TarSparse.extents(Array(numbers.dropFirst()))
    }

    private func tooManyExtents(_ entry: TarEntry) -> ImageError {
        ImageError(
            .refused,
            "\(source.name): sparse file \"\(entry.printableName)\" has more than \(TarSparse.extentLimit) parts"
        )
    }

    private func damagedMap(_ entry: TarEntry) -> ImageError {
        ImageError(
            .badArchive,
            "\(source.name): the map of sparse file \"\(entry.printableName)\" is damaged (save the image again)"
        )
    }
}
