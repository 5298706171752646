import FoundationEssentials
package import Hypervisor
import Linux
package import SystemPackage

/// The folder below which idle machines have theirs: one daemon's at a time, and emptied when it starts.
package struct PoolFolder: Sendable {
    /// Where it is; short, because paths of sockets may have 107 bytes.
    package let path: FilePath

    /// Names a folder, which need not exist.
    package init(_ path: FilePath) { self.path = path }

    private var lockFile: FilePath { path.appending("lock") }

    /// The folder of a machine.
    package func machine(_ name: String) -> VMDirectory { VMDirectory(path.appending(name)) }

    /// Takes the folder and removes what an earlier daemon left in it.
    ///
    /// - Parameter end: ends a machine of which this may be the folder.
    /// - Throws: `PoolError` `.inUse` while another daemon has it.
    func take(ending end: (VMDirectory) async throws -> Void) async throws -> FileLock {
        let lock = try await blocking { [path, lockFile] in
            try Self.makeFolder(path)
            guard let lock = try FileLock.tryAcquire(lockFile) else {
                throw PoolError(.inUse, "pool folder \(path) is in use by another daemon (stop that one first)")
            }
            return lock.detach()
        }
        let held = FileLock(inherited: lock)
        try await sweep(end)
        return held
    }

    /// Makes a machine's folder.
    func make(_ directory: VMDirectory) async throws {
        try await blocking { try Self.makeFolder(directory.path) }
    }

    /// Removes a machine's folder; one that is not there is fine.
    func remove(_ directory: VMDirectory) async {
        _ = try? await blocking { try FileManager.default.removeItem(atPath: directory.path.string) }
    }

    private func sweep(_ end: (VMDirectory) async throws -> Void) async throws {
        let names = try await blocking { [path] in try FileManager.default.contentsOfDirectory(atPath: path.string) }
        for name in names where name != lockFile.lastComponent?.string {
            try await end(machine(name))
            try await blocking { [self] in try FileManager.default.removeItem(atPath: machine(name).path.string) }
        }
    }

    static func makeFolder(_ path: FilePath) throws {
        try FileManager.default.createDirectory(
            atPath: path.string,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
    }
}
