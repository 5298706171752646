import OCI
import SystemPackage

/// Turns a layer's blob into a read-only EROFS disk, in a staging folder that nobody else sees.
///
/// Every step leaves plain files and the next step starts from them: memory stays bounded whatever the layer's size.
struct LayerBuilder: Sendable {
    let tools: Toolbox
    let limits: Limits
    /// An existing folder of this layer's own; its content is nobody's business afterwards.
    let work: FilePath

    /// Copies a blob and verifies both of its digests.
    ///
    /// - Parameters:
    ///   - diffID: what the plain bytes must hash to; `nil` if they may be anything.
    /// - Returns: the plain archive and its digest.
    func fetch(_ region: FileRegion, digest: Digest?, diffID: Digest?) async throws -> (tar: FilePath, diffID: Digest) {
        let blob = work.appending("blob")
        let copied = try await Blocking.run { try region.copy(to: blob, $0) }
        if let digest, copied != digest { throw ImageError.mismatch(digest) }
        let whole = FileRegion(path: blob, offset: 0, length: region.length)
        let tar = try await Compression.detect(whole).expand(
            blob,
            to: work.appending("layer.tar"),
            limit: limits.layerBytes,
            purpose: "decompress \(label(diffID))",
            tools
        )
        let plain = tar == blob ? copied : try await Self.digest(of: tar)
        if let diffID, plain != diffID { throw ImageError.mismatch(diffID) }
        if tar != blob { try await Blocking.run { _ in try File.remove(blob) } }
        return (tar, plain)
    }

    /// Checks, unpacks and converts a plain archive.
    ///
    /// - Returns: the disk's length.
    func convert(_ tar: FilePath, diffID: Digest, to disk: FilePath) async throws -> Int64 {
        let archive = LayerArchive(path: tar, limits: limits, name: label(diffID))
        let tree = work.appending("tree")
        let rewritten = work.appending("rewritten.tar")
        try await Blocking.run { flag in
            try File.createFolder(tree, mode: 0o755)
            try archive.rewrite(to: rewritten, flag)
            try File.remove(tar)
        }
        try await unpack(rewritten, into: tree, label(diffID))
        try await Blocking.run { _ in try File.remove(rewritten) }
        try await tools.run(
            .mkfs,
            ["--quiet", "--preserve-mtime", "-U", Self.uuid(diffID), disk.string, tree.string],
            purpose: "make the disk of \(label(diffID))",
            failure: .system
        )
        return try await Blocking.run { _ in
            try File.remove(tree)
            return File.regularSize(disk) ?? 0
        }
    }

    /// Packs a folder, for the import of a root file system that is not an archive.
    func pack(_ folder: FilePath) async throws -> FilePath {
        let tar = work.appending("layer.tar")
        try await tools.run(
            .bsdtar,
            ["-c", "--format", "pax", "--numeric-owner", "--xattrs", "-f", "-", "-C", folder.string, "."],
            purpose: "pack \(folder)",
            output: tar,
            fileLimit: limits.layerBytes,
            failure: .system
        )
        return tar
    }

    /// Unpacks an archive as it is.
    ///
    /// Without -P bsdtar refuses `..`, absolute names and writing through links. File flags are left out: an
    /// immutable file could not be removed from staging again.
    private func unpack(_ tar: FilePath, into tree: FilePath, _ label: String) async throws {
        try await tools.run(
            .bsdtar,
            [
                "-x", "-p", "--same-owner", "--numeric-owner", "--xattrs", "--acls", "--no-fflags", "-f", "-",
                "-C", tree.string,
            ],
            purpose: "unpack \(label)",
            input: tar,
            fileLimit: limits.layerBytes
        )
    }

    private func label(_ diffID: Digest?) -> String {
        diffID.map { "layer \($0.hex.prefix(12))" } ?? "the root file system"
    }

    private static func digest(of file: FilePath) async throws -> Digest {
        try await Blocking.run { flag in
            try FileRegion(path: file, offset: 0, length: File.regularSize(file) ?? 0).digest(flag)
        }
    }

    /// A file system id that depends on the content alone (RFC 9562, version 8).
    static func uuid(_ diffID: Digest) -> String {
        var digits = Array(diffID.hex.prefix(32))
        digits[12] = "8"
        digits[16] = "a"
        let groups = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32]
        return groups.map { String(digits[$0]) }.joined(separator: "-")
    }
}
