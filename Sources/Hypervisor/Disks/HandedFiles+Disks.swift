import Linux
import SystemPackage

extension HandedFiles {
    /// The file of a disk, open for reading only unless the disk can be written to; a served disk has none.
    convenience init(_ disk: DiskAttachment, target: Int) throws {
        try self.init { add in
            guard case .file(let path) = disk.content else { return }
            let file: OwnedFD
            do { file = try .open(path, disk.readOnly ? .readOnly : .readWrite) } catch {
                throw HypervisorError(.missing, "cannot open file \(path) of disk \"\(disk.id)\"", cause: error)
            }
            let size = try file.descriptor.seek(offset: 0, from: .end)
            guard size > 0, size % 512 == 0 else {
                throw HypervisorError(
                    .invalid,
                    "file \(path) of disk \"\(disk.id)\" is truncated: it has \(size) bytes"
                )
            }
            add(DescriptorSets.disk(target: target), file, nil)
        }
    }
}
