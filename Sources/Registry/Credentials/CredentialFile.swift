import FoundationEssentials
import Linux
import OCI
import SystemPackage

/// Docker's configuration file on the disk: read whole, written atomically, one writer at a time.
struct CredentialFile: Sendable {
    let path: FilePath

    /// A thousand registries fit in.
    private static let limit = 1 << 20
    /// For the lock; a writer needs milliseconds.
    private static let patience = Duration.seconds(30)

    /// What the file says, nothing if it is not there.
    func read() async throws(ImageError) -> DockerConfiguration {
        try await FileThread.run("read \(path)") { [path] in try Self.load(path) }
    }

    /// Changes the file under its lock; a damaged file stays as it is.
    func update<Result: Sendable>(
        _ change: @escaping @Sendable (inout DockerConfiguration) throws -> Result
    ) async throws(ImageError) -> Result {
        let target = try await FileThread.run("write \(path)") { [path] in try Self.prepare(path) }
        let lock = try await lock(target.removingLastComponent().appending(".config.json.lock"))
        let result = try await FileThread.run("write \(path)") { try Self.change(target, change) }
        lock.release()
        return result
    }

    private func lock(_ file: FilePath) async throws(ImageError) -> FileLock {
        do {
            if let lock = try await FileLock.wait(for: file, atMost: Self.patience) { return lock }
        } catch {
            throw .system("write \(path)", error)
        }
        throw ImageError(.system, "cannot write \(path): another program is writing it (wait for it, or end it)")
    }

    /// Finds out which file is to be written, and makes its folder.
    private static func prepare(_ path: FilePath) throws -> FilePath {
        let target = try resolve(path)
        let folder = target.removingLastComponent()
        try FileManager.default.createDirectory(
            atPath: folder.string,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        return target
    }

    private static func change<Result>(
        _ target: FilePath,
        _ change: (inout DockerConfiguration) throws -> Result
    ) throws -> Result {
        let before = try load(target)
        var after = before
        let result = try change(&after)
        if after != before { try AtomicFile.write(try after.bytes(), to: target) }
        return result
    }

    private static func load(_ path: FilePath) throws -> DockerConfiguration {
        do {
            guard try path.stat().type == .regular else {
                throw ImageError(.damaged, "\(path) is not a file (remove it)")
            }
        } catch Errno.noSuchFileOrDirectory {
            return DockerConfiguration(path: path)
        }
        return try DockerConfiguration(try WholeFile.read(path, limit: limit), path: path)
    }

    /// The file that is written for a path: people link theirs to a folder of settings, and the link shall stay.
    private static func resolve(_ path: FilePath) throws -> FilePath {
        var target = path
        for _ in 0..<40 {
            guard (try? target.stat(followTargetSymlink: false))?.type == .symbolicLink else { return target }
            let link = try FileManager.default.destinationOfSymbolicLink(atPath: target.string)
            target = target.removingLastComponent().pushing(FilePath(link))
        }
        throw Errno.tooManySymbolicLinkLevels
    }
}
