import OCI
import SystemPackage

extension Toolbox {
    /// Packs a folder, for the import of a root file system that is not an archive.
    func pack(_ folder: FilePath, to tar: FilePath, _ limits: Limits) async throws {
        try await run(
            .bsdtar,
            ["-c", "--format", "pax", "--numeric-owner", "--xattrs", "-f", "-", "-C", folder.string, "."],
            purpose: "pack \(folder)",
            output: tar,
            fileLimit: limits.layerBytes,
            failure: .system
        )
    }
}
