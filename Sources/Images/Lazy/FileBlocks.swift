import Linux
import NBD
import OCI
import SystemPackage

/// A file that is whole, as a disk.
final class FileBlocks: BlockSource {
    let size: Int64
    private let path: FilePath
    private let file: OwnedFD

    init(_ path: FilePath, size: Int64) throws(ImageError) {
        self.path = path
        self.size = size
        file = try File.open(path)
    }

    func read(_ range: Range<Int64>) async throws -> [UInt8] {
        try await Blocking.run { [self] _ in try Self.read(range, file.descriptor, path) }
    }

    /// Reads exactly these bytes.
    static func read(
        _ range: Range<Int64>,
        _ file: FileDescriptor,
        _ path: FilePath
    ) throws(ImageError) -> [UInt8] {
        do {
            return try [UInt8](unsafeUninitializedCapacity: range.count) { buffer, done in
                while done < range.count {
                    let rest = UnsafeMutableRawBufferPointer(buffer)[done...]
                    let offset = range.lowerBound + Int64(done)
                    let count = try file.read(fromAbsoluteOffset: offset, into: .init(rebasing: rest))
                    guard count > 0 else { throw FileRegion.truncated(path) }
                    done += count
                }
            }
        } catch {
            throw .system("read \(path)", error)
        }
    }
}
