import CLinux
package import SystemPackage

extension FilePath {
    /// The path of the same file without symbolic links (realpath(3)).
    package func resolved() throws(LinuxError) -> FilePath {
        let result = withPlatformString { realpath($0, nil) }
        guard let result else { throw .current("look up \(self)") }
        defer { free(result) }
        return FilePath(platformString: result)
    }
}
