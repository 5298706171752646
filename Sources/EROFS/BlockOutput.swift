import Linux
import SystemPackage

/// Writes a disk from its beginning to its end, in large pieces.
struct BlockOutput: ~Copyable {
    /// Larger pieces gained nothing.
    private static let capacity = 1 << 20

    private let file: OwnedFD
    private var buffer: [UInt8] = []
    /// Bytes that have been handed over, buffered ones included.
    private(set) var position: Int64 = 0

    init(_ file: consuming OwnedFD) {
        self.file = file
        buffer.reserveCapacity(Self.capacity)
    }

    /// The block that the next byte belongs to.
    var block: UInt32 {
        get throws(EROFSError) {
            guard let block = UInt32(exactly: position / Int64(Format.blockSize)), block < Format.hole else {
                throw EROFSError(.size, "more blocks than a disk can have")
            }
            return block
        }
    }

    mutating func write(_ bytes: UnsafeRawBufferPointer) throws {
        position += Int64(bytes.count)
        if buffer.count + bytes.count > Self.capacity { try flush() }
        if bytes.count >= Self.capacity { return try Self.writeOut(bytes, to: file.descriptor) }
        buffer.append(contentsOf: bytes)
    }

    mutating func write(_ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { (bytes) throws in try write(bytes) }
    }

    /// Writes zeros.
    mutating func pad(_ count: Int64) throws {
        var rest = count
        let zeros = [UInt8](repeating: 0, count: Int(min(count, Int64(Format.chunkSize))))
        while rest > 0 {
            let part = zeros.prefix(Int(min(rest, Int64(zeros.count))))
            try part.withUnsafeBytes { (bytes) throws in try write(bytes) }
            rest -= Int64(part.count)
        }
    }

    /// Writes zeros up to the end of the block.
    mutating func alignToBlock() throws {
        let size = Int64(Format.blockSize)
        try pad((size - position % size) % size)
    }

    mutating func flush() throws {
        guard !buffer.isEmpty else { return }
        let full = buffer
        buffer.removeAll(keepingCapacity: true)
        let file = file.descriptor
        try full.withUnsafeBytes { (bytes) throws in try Self.writeOut(bytes, to: file) }
    }

    /// Writes the first block, whose content is known last.
    func rewriteStart(_ bytes: [UInt8]) throws(LinuxError) {
        do { _ = try file.descriptor.writeAll(toAbsoluteOffset: 0, bytes) } catch {
            throw LinuxError(stage: "write a disk", errno: error as? Errno ?? .ioError)
        }
    }

    private static func writeOut(_ bytes: UnsafeRawBufferPointer, to file: FileDescriptor) throws(LinuxError) {
        do { _ = try file.writeAll(bytes) } catch {
            throw LinuxError(stage: "write a disk", errno: error as? Errno ?? .ioError)
        }
    }
}
