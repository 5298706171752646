import Linux
import OCI
import SystemPackage

/// The bytes of an archive, read once and in order through one buffer.
///
/// Where they come from is a closure's business: a part of a file, a pipe, or memory in a fuzzer.
struct TarSource: ~Copyable {
    /// Reads into a buffer what follows the first `position` bytes; 0 is the end.
    typealias Fill = (_ buffer: UnsafeMutableRawBufferPointer, _ position: Int64) throws -> Int

    /// Memory in use; larger buffers gained nothing, and a pipe holds no more.
    static let capacity = 1 << 20

    /// What to call the archive in messages.
    let name: String
    /// How many bytes have been read or skipped.
    private(set) var position: Int64 = 0
    /// Whether the end has been seen.
    private(set) var isAtEnd = false

    private let buffer: UnsafeMutableRawBufferPointer
    private var unread = 0..<0
    private let canSeek: Bool
    private let fill: Fill

    /// - Parameter canSeek: whether `fill` may be asked for any position, so that skipping costs nothing.
    init(name: String, canSeek: Bool, fill: @escaping Fill) {
        self.name = name
        self.canSeek = canSeek
        self.fill = fill
        buffer = .allocate(byteCount: Self.capacity, alignment: 16)
    }

    deinit { buffer.deallocate() }

    /// The next bytes, none at the end; they are valid until the next call.
    ///
    /// - Parameter limit: the most that are wanted.
    mutating func next(_ limit: Int64) throws -> UnsafeRawBufferPointer {
        if unread.isEmpty { try refill() }
        let count = Int(min(Int64(unread.count), limit))
        defer { advance(count) }
        return UnsafeRawBufferPointer(rebasing: buffer[unread.prefix(count)])
    }

    /// Exactly so many bytes, which must be few; an earlier end is an error.
    mutating func read(_ count: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        while bytes.count < count {
            let chunk = try next(Int64(count - bytes.count))
            guard !chunk.isEmpty else { throw FileRegion.truncated(name) }
            bytes.append(contentsOf: chunk)
        }
        return bytes
    }

    /// Passes over bytes.
    ///
    /// - Returns: how many there were, fewer than wanted at the end.
    mutating func skip(_ count: Int64) throws -> Int64 {
        var rest = count
        while rest > 0 {
            if canSeek, unread.isEmpty, rest > Int64(Self.capacity) {
                // The last byte is read, so that a file that ends before it is noticed.
                position += rest - 1
                rest = 1
            }
            let chunk = try next(rest)
            guard !chunk.isEmpty else { break }
            rest -= Int64(chunk.count)
        }
        return count - rest
    }

    private mutating func advance(_ count: Int) {
        unread = (unread.lowerBound + count)..<unread.upperBound
        position += Int64(count)
    }

    private mutating func refill() throws {
        let count = try fill(buffer, position)
        unread = 0..<count
        isAtEnd = count == 0
    }
}

extension TarSource {
    /// A part of a file, read from where it lies.
    init(_ region: FileRegion, name: String) throws {
        let file = try File.open(region.path)
        self.init(name: name, canSeek: true) { buffer, position in
            let wanted = Int(min(region.length - position, Int64(buffer.count)))
            guard wanted > 0 else { return 0 }
            let count = try file.descriptor.read(
                fromAbsoluteOffset: region.offset + position,
                into: UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(wanted))
            )
            guard count > 0 else { throw FileRegion.truncated(name) }
            return count
        }
    }
}
