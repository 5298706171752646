import Linux
import OCI
package import SystemPackage

extension CompositeDisk {
    /// Writes the disk's three small files beside one another; files of the same names are replaced.
    ///
    /// They are for one run of a machine and made anew for the next, so nothing waits for a disk to have them.
    ///
    /// - Parameters:
    ///   - folder: an absolute path.
    ///   - name: what their names begin with.
    /// - Returns: the descriptor, which is what a machine is given as a disk of format `vmdk`.
    package func write(to folder: FilePath, named name: String) async throws -> FilePath {
        let (head, tail) = (folder.appending("\(name).head"), folder.appending("\(name).tail"))
        let descriptor = folder.appending("\(name).vmdk")
        let text = try self.descriptor(head: head, tail: tail)
        try await Blocking.run { _ in
            try Self.write(self.head, to: head)
            try Self.write(self.tail, to: tail)
            try Self.write(text, to: descriptor)
        }
        return descriptor
    }

    /// The descriptor's text, for tables in these files.
    func descriptor(head: FilePath, tail: FilePath) throws(ImageError) -> [UInt8] {
        let edge = Int(PartitionTable.edge) * PartitionTable.sector
        let extents = layers.map { (path: $0.disk, size: Int($0.size)) }
        return try VMDKDescriptor.text([(head, edge)] + extents + [(tail, edge)])
    }

    private static func write(_ bytes: [UInt8], to path: FilePath) throws(ImageError) {
        do {
            let file = try OwnedFD.open(path, .writeOnly, options: [.create, .truncate])
            try file.descriptor.writeAll(bytes)
        } catch {
            throw .system("write \(path)", error)
        }
    }
}
