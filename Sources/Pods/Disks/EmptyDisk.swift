import FoundationEssentials
import Linux
import OCI
import SystemPackage

/// An empty ext4 file system in a file of the host, which no kernel of the host ever mounts.
///
/// One of each size is made by `mkfs.ext4` and kept; others are copies of it, which start no program: that takes 3
/// milliseconds alone and 80 on a busy machine, a copy less than one (measured).
struct EmptyDisk: Sendable {
    let size: UInt64
    /// The folder of those that are kept.
    let cache: FilePath

    /// Where Debian and others have it.
    private static let programs = ["/usr/sbin/mkfs.ext4", "/sbin/mkfs.ext4", "/usr/bin/mkfs.ext4"]
    private static let patience: Duration = .seconds(60)

    /// What the program's configuration may say is said here.
    ///
    /// The journal is small, and no room is kept for the file system's growth or for root alone, as its only user is
    /// root. What need not be written is a hole in the file: of 10 GiB some 300 KiB are written.
    private static let options = [
        "-q", "-F", "-b", "4096", "-I", "256", "-i", "32768", "-m", "0", "-J", "size=32", "-O", "^resize_inode", "-E",
        "lazy_itable_init=1,lazy_journal_init=1",
    ]
    /// To be counted up with every change of these options.
    private static let version = 1

    private var kept: FilePath { cache.appending("\(Self.version)-\(size).ext4") }

    /// Makes a file with this file system; one of that name is whole.
    func copy(to path: FilePath) async throws {
        if !FileManager.default.fileExists(atPath: kept.string) { try await make() }
        try Self.write(path) { try SparseCopy.copy(kept, to: $0) }
    }

    /// Makes the one that is kept; of several processes that do so at once the last one wins.
    private func make() async throws {
        guard let program = Self.programs.first(where: { FileManager.default.isExecutableFile(atPath: $0) }) else {
            throw PodsError(.node, "mkfs.ext4 is not installed (install the package e2fsprogs)")
        }
        try FileManager.default.createDirectory(
            atPath: cache.string,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        let (file, complaints) = (Self.temporary(kept), FilePath(Self.temporary(kept).string + ".log"))
        defer { for path in [file, complaints] { try? FileManager.default.removeItem(atPath: path.string) } }
        try SparseCopy.makeHole(file, size: Int64(size))
        let log = try OwnedFD.open(complaints, .writeOnly, options: [.create, .truncate])
        var plan = SpawnPlan(FilePath(program), Self.options + [file.string])
        plan.descriptors = [.init(source: log.rawValue, target: 2)]
        guard try await Self.end(of: plan) == .exited(0) else { throw failure(complaints) }
        try AtomicFile.rename(file, to: kept)
    }

    /// Writes a file under another name first.
    private static func write(_ path: FilePath, _ body: (FilePath) throws -> Void) throws {
        let file = temporary(path)
        do {
            try body(file)
            try AtomicFile.rename(file, to: path)
        } catch {
            try? FileManager.default.removeItem(atPath: file.string)
            throw error
        }
    }

    private static func temporary(_ path: FilePath) -> FilePath {
        FilePath("\(path.string).\(UInt32.random(in: .min ... .max)).new")
    }

    private static func end(of plan: SpawnPlan) async throws -> ProcessExit? {
        let handle = try ChildProcess.spawn(plan)
        if let exit = try await handle.waitForExit(uncancellable: patience) { return exit }
        try handle.kill()
        return try await handle.waitForExit(uncancellable: patience)
    }

    private func failure(_ complaints: FilePath) -> PodsError {
        let words = FileManager.default.contents(atPath: complaints.string)?.prefix(300) ?? Data()
        let line = printable(words.prefix { $0 != UInt8(ascii: "\n") }, limit: 300)
        return PodsError(.node, "cannot make an empty disk in \(cache): \(line) (is there room?)")
    }
}
