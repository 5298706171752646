import Linux
import SystemPackage

/// The open files of a disk, in the order of their numbers in `DescriptorSets`.
///
/// QEMU gets these instead of paths: it sees no file system to find a path in, and can open nothing but what it is given.
final class DiskFiles: Sendable {
    /// Their descriptors, open as long as this object lives.
    let descriptors: [Int32]

    /// Opens what a disk consists of, for reading only unless the disk can be written to.
    init(_ disk: DiskAttachment, slot: Int) throws {
        var numbers: [Int32] = []
        do { try Self.open(disk, slot: slot) { numbers.append($0) } } catch {
            for number in numbers { _ = OwnedFD(taking: number) }
            throw error
        }
        descriptors = numbers
    }

    deinit { for number in descriptors { _ = OwnedFD(taking: number) } }

    private static func open(_ disk: DiskAttachment, slot: Int, _ add: (Int32) -> Void) throws {
        switch disk.content {
        case .server: return
        case .file(let path): add(try open(path, disk, readOnly: disk.readOnly).release())
        case .composite(let extents):
            let first = DescriptorSets.number(slot: slot, file: 1)
            let pieces = extents.enumerated().map { (FilePath(DescriptorSets.path(first + $0)), $1.size) }
            add(try inMemory(VMDKDescriptor.text(pieces)).release())
            for extent in extents { add(try open(extent, disk).release()) }
        }
    }

    private static func open(_ extent: DiskExtent, _ disk: DiskAttachment) throws -> OwnedFD {
        guard extent.size > 0, extent.size % 512 == 0 else {
            throw HypervisorError(
                .invalid,
                "disk \"\(disk.id)\" has a piece of \(extent.size) bytes, not of whole sectors"
            )
        }
        switch extent {
        case .bytes(let bytes): return try inMemory(bytes)
        case .file(let path, let size): return try open(path, disk, readOnly: true, atLeast: size)
        }
    }

    private static func open(
        _ path: FilePath,
        _ disk: DiskAttachment,
        readOnly: Bool,
        atLeast least: Int64 = 1
    ) throws -> OwnedFD {
        let file: OwnedFD
        do { file = try .open(path, readOnly ? .readOnly : .readWrite) } catch {
            throw HypervisorError(.missing, "cannot open file \(path) of disk \"\(disk.id)\"", cause: error)
        }
        let size = try file.descriptor.seek(offset: 0, from: .end)
        guard size >= least, size % 512 == 0 else {
            throw HypervisorError(.invalid, "file \(path) of disk \"\(disk.id)\" is truncated: it has \(size) bytes")
        }
        return file
    }

    /// A file in memory that can only be read: QEMU takes a descriptor for reading only if it can do nothing else.
    private static func inMemory(_ bytes: [UInt8]) throws -> OwnedFD {
        let file = try MemoryFile.make(bytes)
        return try .open(FilePath("/proc/self/fd/\(file.rawValue)"), .readOnly)
    }
}
