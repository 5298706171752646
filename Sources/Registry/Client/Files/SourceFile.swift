import Linux
import NIOCore
import OCI
import SystemPackage

/// A file that is uploaded.
final class SourceFile: Sendable {
    private let path: FilePath
    private let file: OwnedFD
    let size: Int64

    private init(_ path: FilePath) throws {
        self.path = path
        do {
            file = try OwnedFD.open(path, .readOnly)
            size = try file.descriptor.seek(offset: 0, from: .end)
        } catch {
            throw ImageError.system("open \(path)", error)
        }
    }

    static func open(_ path: FilePath) async throws -> SourceFile {
        try await FileQueue.run { _ in try SourceFile(path) }
    }

    /// Reads a piece, which is shorter only at the end of the file.
    func read(_ count: Int, at offset: Int64) async throws -> ByteBuffer {
        try await FileQueue.run { [self] _ in
            do {
                var buffer = ByteBufferAllocator().buffer(capacity: count)
                while buffer.readableBytes < count {
                    let position = offset + Int64(buffer.readableBytes)
                    let read = try buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: 1) { space in
                        let space = UnsafeMutableRawBufferPointer(rebasing: space.prefix(count))
                        return try file.descriptor.read(fromAbsoluteOffset: position, into: space)
                    }
                    guard read > 0 else { break }
                }
                return buffer
            } catch {
                throw ImageError.system("read \(path)", error)
            }
        }
    }

    /// A part of the file, as the body of a request.
    func slice(_ offset: Int64, _ length: Int64) -> FileSlice {
        FileSlice(file: self, offset: offset, length: length)
    }
}

/// A part of a file, read piece by piece as it is sent.
struct FileSlice: AsyncSequence, Sendable {
    let file: SourceFile
    let offset: Int64
    let length: Int64

    struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let file: SourceFile
        fileprivate var offset: Int64
        fileprivate let end: Int64

        mutating func next() async throws -> ByteBuffer? {
            guard offset < end else { return nil }
            let piece = try await file.read(Int(Swift.min(end - offset, 512 << 10)), at: offset)
            offset += Int64(piece.readableBytes)
            return piece.readableBytes > 0 ? piece : nil
        }
    }

    func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(file: file, offset: offset, end: offset + length)
    }
}
