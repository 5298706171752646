import EROFS
import FoundationEssentials
import Linux
import SystemPackage
import TestSupport
import Testing

/// Writes disks and has the kernel, or erofs-utils, read them.
struct DiskFixture {
    static let canMount = Shell.isRoot && Shell.has("fsck.erofs", "losetup", "getfattr")
    static let reason: Comment = "needs root, erofs-utils and attr"

    let folder: FilePath
    var disk: FilePath { folder.appending("disk.erofs") }

    static func with(_ body: (DiskFixture) async throws -> Void) async throws {
        try await withTemporaryFolder { try await body(DiskFixture(folder: $0)) }
    }

    /// Writes a disk of what a body puts into the tree.
    ///
    /// - Returns: the disk's length.
    @discardableResult
    func write(
        root: FileAttributes = FileAttributes(permissions: 0o755),
        _ body: (inout FileTree, inout DiskWriter) throws -> Void
    ) throws -> Int64 {
        let file = try OwnedFD.open(disk, .readWrite, options: [.create, .truncate])
        var tree = FileTree(root: root)
        var writer = try DiskWriter(file, uuid: [UInt8](repeating: 0xA5, count: 16))
        try body(&tree, &writer)
        return try writer.finish(tree)
    }

    /// Runs a script in the mounted disk, in a mount namespace of its own, and returns what it prints.
    func mounted(_ script: String) async throws -> String {
        let setup = "mkdir -p \(folder)/m; mount -o loop,ro \(disk) \(folder)/m; cd \(folder)/m"
        return try await Shell.run(["unshare", "-m", "sh", "-euc", "\(setup)\n\(script)"])
    }

    /// Has erofs-utils read every inode and every byte.
    func check() async throws {
        try await Shell.run(["fsck.erofs", "--extract", disk.string])
    }
}

extension DiskWriter {
    /// Adds a whole file.
    mutating func file(_ bytes: [UInt8]) throws -> FileContent {
        try bytes.withUnsafeBytes { (bytes) throws in try append(bytes) }
        return .file(try endFile())
    }
}

extension FileTree {
    @discardableResult
    mutating func add(
        _ name: String,
        to folder: Node? = nil,
        _ content: FileContent,
        _ attributes: FileAttributes = FileAttributes(permissions: 0o644)
    ) throws -> Node {
        try add(Array(name.utf8)[...], to: folder ?? root, content, attributes)
    }
}
