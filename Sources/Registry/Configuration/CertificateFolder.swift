import FoundationEssentials
import OCI
import SystemPackage

/// A folder of authorities by registry, laid out as Docker's `certs.d` is.
struct CertificateFolder {
    /// `nil` is a folder with nothing in it.
    let path: FilePath?

    /// The `.crt` files by registry, in the order of their names.
    ///
    /// A folder that is no registry's is somebody else's business; a file that this user cannot read is an error.
    func authorities() throws(ImageError) -> [String: [FilePath]] {
        guard let path else { return [:] }
        var found: [String: [FilePath]] = [:]
        for name in Self.names(in: path) where ImageReference.isRegistry(name) && RegistryEndpoint.hasUsablePort(name) {
            let files = Self.names(in: path.appending(name)).filter { $0.hasSuffix(".crt") }.sorted()
                .map { path.appending(name).appending($0) }
            if let bad = files.first(where: { !Self.isReadableFile($0) }) {
                throw ImageError(.invalidArgument, "\(bad) is no readable file (change its mode, or remove it)")
            }
            if !files.isEmpty { found[name] = files }
        }
        return found
    }

    static func isReadableFile(_ path: FilePath) -> Bool {
        (try? path.stat())?.type == .regular && FileManager.default.isReadableFile(atPath: path.string)
    }

    private static func names(in folder: FilePath) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: folder.string)) ?? []
    }
}
