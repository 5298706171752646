import FoundationEssentials
import Hypervisor
import Linux
import OCI
import SystemPackage

/// The disk that a container's changes go to.
extension Attendant {
    /// Makes the disk of a pod that has none yet.
    func prepareDisk() async throws {
        guard plan.keepsChanges, !FileManager.default.fileExists(atPath: directory.disk.string) else { return }
        try await trace.measure("make the disk for changes") {
            try await ChangesDisk(path: directory.disk, size: plan.writableSize).make()
        }
    }

    /// The disk for the pod's changes, if it keeps them.
    var changesDisk: [DiskAttachment] {
        guard plan.keepsChanges else { return [] }
        let name = ContainerPlan.changesDisk
        return [DiskAttachment(id: name, path: directory.disk, serial: name, readOnly: false)]
    }
}

/// An empty ext4 file system in a file of the host, which no kernel of the host ever mounts.
struct ChangesDisk {
    let path: FilePath
    let size: UInt64

    /// Where Debian and others have it.
    private static let programs = ["/usr/sbin/mkfs.ext4", "/sbin/mkfs.ext4", "/usr/bin/mkfs.ext4"]
    /// Ten gigabytes take 3 milliseconds: what need not be written is a hole in the file (measured).
    private static let patience: Duration = .seconds(60)

    /// Blocks and inodes are what the program's configuration would make of them; a small journal, and no room kept for
    /// the file system's growth or for root alone, as its only user is root.
    private static let options = [
        "-q", "-F", "-b", "4096", "-I", "256", "-i", "32768", "-m", "0", "-J", "size=32", "-O", "^resize_inode", "-E",
        "lazy_itable_init=1,lazy_journal_init=1",
    ]

    /// Makes it under another name first: a file of its name is whole.
    func make() async throws {
        guard let program = Self.programs.first(where: { FileManager.default.isExecutableFile(atPath: $0) }) else {
            throw PodsError(.node, "mkfs.ext4 is not installed (install the package e2fsprogs)")
        }
        let (file, complaints) = (FilePath(path.string + ".new"), FilePath(path.string + ".log"))
        defer { try? FileManager.default.removeItem(atPath: complaints.string) }
        do {
            try makeHole(file)
            let log = try OwnedFD.open(complaints, .writeOnly, options: [.create, .truncate])
            var plan = SpawnPlan(FilePath(program), Self.options + [file.string])
            plan.descriptors = [.init(source: log.rawValue, target: 2)]
            guard try await end(of: plan) == .exited(0) else { throw failure(complaints) }
            try AtomicFile.rename(file, to: path)
        } catch {
            try? FileManager.default.removeItem(atPath: file.string)
            throw error
        }
    }

    private func makeHole(_ file: FilePath) throws {
        let empty = try FileDescriptor.open(
            file,
            .writeOnly,
            options: [.create, .truncate, .closeOnExec],
            permissions: [.ownerReadWrite]
        )
        try empty.closeAfter { try empty.resize(to: Int64(size)) }
    }

    private func end(of plan: SpawnPlan) async throws -> ProcessExit? {
        let handle = try ChildProcess.spawn(plan)
        if let exit = try await handle.waitForExit(uncancellable: Self.patience) { return exit }
        try handle.kill()
        return try await handle.waitForExit(uncancellable: Self.patience)
    }

    private func failure(_ complaints: FilePath) -> PodsError {
        let words = FileManager.default.contents(atPath: complaints.string)?.prefix(300) ?? Data()
        let line = printable(words.prefix { $0 != UInt8(ascii: "\n") }, limit: 300)
        return PodsError(.node, "cannot make the disk \(path) for a container's changes: \(line) (is there room?)")
    }
}
