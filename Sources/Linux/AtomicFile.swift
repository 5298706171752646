import CLinux
package import SystemPackage

/// Files that are either wholly there or not there at all, whatever instant the machine stops at.
package enum AtomicFile {
    /// Writes a file's whole content: a temporary file beside it, fsync, rename, fsync of the folder.
    ///
    /// - Parameter durable: whether it must survive a power cut; what ends with the machine's boot need not, and then
    ///   nothing waits for the disk.
    package static func write(
        _ bytes: some Sequence<UInt8>,
        to path: FilePath,
        permissions: CInterop.Mode = 0o600,
        durable: Bool = true
    ) throws(LinuxError) {
        var name = path.lastComponent?.string ?? ""
        name = ".\(name).\(getpid()).tmp"
        let temporary = path.removingLastComponent().appending(name)
        do throws(LinuxError) {
            let file = try OwnedFD.open(temporary, O_WRONLY | O_CREAT | O_TRUNC, permissions: permissions)
            try writeAll(Array(bytes), to: file.rawValue, stage: "write \(path)")
            guard !durable || fsync(file.rawValue) == 0 else { throw LinuxError.current("sync \(path)") }
            try rename(temporary, to: path)
        } catch {
            _ = temporary.withPlatformString { unlink($0) }
            throw error
        }
        if durable { try syncDirectory(path.removingLastComponent()) }
    }

    /// Renames a file, in place of one that may have that name already.
    package static func rename(_ path: FilePath, to target: FilePath) throws(LinuxError) {
        let renamed = path.withPlatformString { from in target.withPlatformString { CLinux.rename(from, $0) } }
        guard renamed == 0 else { throw .current("rename \(path) to \(target)") }
    }

    /// Waits until a file's bytes are on the disk.
    package static func synchronize(_ path: FilePath) throws(LinuxError) {
        let file = try OwnedFD.open(path, O_RDONLY)
        guard fsync(file.rawValue) == 0 else { throw .current("sync \(path)") }
    }

    /// Makes the names in a folder durable: after this a rename or a removal survives a power cut.
    package static func syncDirectory(_ path: FilePath) throws(LinuxError) {
        let folder = try OwnedFD.open(path.isEmpty ? "." : path, O_RDONLY | O_DIRECTORY)
        guard fsync(folder.rawValue) == 0 else { throw .current("sync folder \(path)") }
    }

    private static func writeAll(_ bytes: [UInt8], to file: Int32, stage: String) throws(LinuxError) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                CLinux.write(file, $0.baseAddress?.advanced(by: written), $0.count - written)
            }
            if count < 0, lx_errno() == EINTR { continue }
            guard count >= 0 else { throw .current(stage) }
            written += count
        }
    }
}
