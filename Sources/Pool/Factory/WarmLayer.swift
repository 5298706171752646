import AgentProtocol
import EROFS
import Hypervisor
import Linux
import Sandboxes
import SystemPackage

/// A layer with the guest's own program, for the first containers of a new machine: what starting one takes has been
/// done once then, before a tenant's is started.
///
/// It lies in the pool's folder, which is emptied when a daemon starts: each writes its own, from its own guest.
struct WarmLayer: Sendable {
    /// The guest's program.
    let program: FilePath
    /// The pool's folder.
    let folder: FilePath

    /// Where it is: a pod's layers come from the other end.
    static let slot = LayerDisk.slots
    /// What is run, and what it prints.
    static let command = ["/guest", "warm"]
    static let words = Array("warm\n".utf8)

    /// The guest's program has less than a megabyte; whatever has more than this is none.
    private static let limit = 64 << 20

    private var path: FilePath { folder.appending("warm.erofs") }

    /// Its file; written when it is not there yet.
    func file() async throws -> LayerFile {
        let size = try await blocking {
            if (try? FileStatus(path)) == nil { try write() }
            return try FileStatus(path).size
        }
        return LayerFile(path, size: size)
    }

    private func write() throws {
        let temporary = folder.appending("warm-\(String(UInt64.random(in: .min ... .max), radix: 16)).tmp")
        var writer = try DiskWriter(
            OwnedFD.open(temporary, .readWrite, options: [.create, .exclusiveCreate]),
            uuid: FreshRandomness.bytes(16)
        )
        let content = try WholeFile.read(program, limit: Self.limit)
        try content.withUnsafeBytes { (bytes) throws in try writer.append(bytes) }
        var tree = FileTree(root: FileAttributes(permissions: 0o755))
        let name = Array("guest".utf8)[...]
        try tree.add(name, to: tree.root, .file(try writer.endFile()), FileAttributes(permissions: 0o755))
        _ = try writer.finish(tree)
        try AtomicFile.rename(temporary, to: path)
    }
}
