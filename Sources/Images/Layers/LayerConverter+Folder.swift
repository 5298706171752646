import Linux
import OCI
import SystemPackage

extension LayerConverter {
    /// Converts a folder of this machine, for the import of a root file system that is not an archive.
    func convert(folder: FilePath, to disk: FilePath, copy: FilePath? = nil) async throws -> ConvertedLayer {
        let tools = tools
        return try await convert(to: disk, name: "\(folder)", copy: copy) { pipe in
            let nothing = try File.open("/dev/null")
            try await tools.run(
                .bsdtar,
                ["-c", "--format", "pax", "--numeric-owner", "--xattrs", "-f", "-", "-C", folder.string, "."],
                purpose: "pack \(folder)",
                from: nothing.descriptor,
                to: pipe,
                failure: .system
            )
        }
    }
}
