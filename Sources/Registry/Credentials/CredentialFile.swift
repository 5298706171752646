import FoundationEssentials
import Linux
import OCI
import SystemPackage

/// Docker's configuration file on the disk: read whole, written atomically, one writer at a time.
struct CredentialFile: Sendable {
    let path: FilePath
    /// Paces the attempts to get the lock.
    let clock: any Clock<Duration>

    /// A thousand registries fit in.
    private static let limit = 1 << 20
    /// Half a minute in all; a writer needs milliseconds.
    private static let attempts = 1500
    private static let pause = Duration.milliseconds(20)

    /// What the file says, nothing if it is not there.
    func read() async throws(ImageError) -> DockerConfiguration {
        try await FileThread.run("read \(path)") { [path] in try Self.load(path) }
    }

    /// Changes the file under its lock; a damaged file stays as it is.
    func update<Result: Sendable>(
        _ change: @escaping @Sendable (inout DockerConfiguration) throws -> Result
    ) async throws(ImageError) -> Result {
        for _ in 0..<Self.attempts {
            let done = try await FileThread.run("write \(path)") { [path] in try Self.change(path, change) }
            if let done { return done }
            do {
                try await clock.sleep(for: Self.pause)
            } catch {
                throw .system("write \(path)", error)
            }
        }
        throw ImageError(.system, "cannot write \(path): another program is writing it (wait for it, or end it)")
    }

    private static func change<Result>(
        _ path: FilePath,
        _ change: (inout DockerConfiguration) throws -> Result
    ) throws -> Result? {
        let target = try resolve(path)
        let folder = target.removingLastComponent()
        try FileManager.default.createDirectory(
            atPath: folder.string,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        return try FileLock.withLockIfFree(folder.appending(".config.json.lock")) {
            let before = try load(target)
            var after = before
            let result = try change(&after)
            if after != before { try AtomicFile.write(try after.bytes(), to: target) }
            return result
        }
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
