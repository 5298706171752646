import FoundationEssentials
import Linux
import SystemPackage

/// Where prepared roots are kept: `<key>/root` is one, `<key>/contents.json` says what it was made from.
struct JailRootCache: Sendable {
    let executable: FilePath
    let folder: FilePath

    /// The root, made first if need be; one process makes it while others wait.
    func root() async throws -> JailRoot {
        let executable = try executable.resolved()
        if let root = try await blocking({ find(executable) }) { return root }
        try await blocking { try FileManager.default.createDirectory(atPath: folder.string, mode: 0o700) }
        guard let lock = try await FileLock.wait(for: folder.appending("lock"), atMost: .seconds(60)) else {
            throw HypervisorError(.timeout, "another process keeps preparing \(folder) (see \"lsof \(folder)/lock\")")
        }
        let result: Result<JailRoot, any Error>
        do { result = .success(try await lockedRoot(executable)) } catch { result = .failure(error) }
        lock.release()
        return try result.get()
    }

    private func lockedRoot(_ executable: FilePath) async throws -> JailRoot {
        if let root = try await blocking({ find(executable) }) { return root }
        let contents = try await JailContents.needed(by: executable)
        return try await blocking {
            try make(contents)
            removeOthers(than: contents.key)
            return JailRoot(path: place(contents.key), executable: executable)
        }
    }

    private func place(_ key: String) -> FilePath { folder.appending(key).appending("root") }

    private var keys: [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.string)) ?? []
        return names.filter { $0 != "lock" }
    }

    private func find(_ executable: FilePath) -> JailRoot? {
        for key in keys {
            let contents = JailContents.read(from: folder.appending(key).appending("contents.json"))
            if let contents, contents.key == key, contents.isCurrent(for: executable, in: place(key)) {
                return JailRoot(path: place(key), executable: executable)
            }
        }
        return nil
    }

    /// Makes everything under another name, so that a root is there wholly or not at all.
    private func make(_ contents: JailContents) throws {
        let work = folder.appending("incomplete")
        let files = FileManager.default
        try? files.removeItem(atPath: work.string)
        let root = work.appending("root")
        try files.createDirectory(atPath: root.string, mode: 0o755)
        for name in ["proc", "dev", VMDirectory.socketFolder] {
            try files.createDirectory(atPath: root.appending(name).string, mode: 0o755)
        }
        for file in contents.files { try copy(file, into: root) }
        try contents.write(to: work.appending("contents.json"))
        // What has this name already is damaged: a whole one would have been found.
        let place = folder.appending(contents.key)
        try? files.removeItem(atPath: place.string)
        try AtomicFile.rename(work, to: place)
        try AtomicFile.syncDirectory(folder)
    }

    /// A second name for the host's file where that can be, which costs nothing; a copy that all may read otherwise.
    private func copy(_ file: JailContents.File, into root: FilePath) throws {
        let place = file.place(in: root)
        let files = FileManager.default
        try files.createDirectory(atPath: place.removingLastComponent().string, mode: 0o755)
        let isReadable = try FileStatus(FilePath(file.source)).isReadableByAll
        if isReadable, (try? files.linkItem(atPath: file.source, toPath: place.string)) != nil { return }
        try files.copyItem(atPath: file.source, toPath: place.string)
        try files.setAttributes([.posixPermissions: 0o755], ofItemAtPath: place.string)
        try AtomicFile.synchronize(place)
    }

    /// Removes roots that were made from files that are no more, unless a machine still runs in one.
    ///
    /// Removing a folder takes away what is mounted on it, in every namespace (the kernel's `detach_mounts`).
    private func removeOthers(than current: String) {
        let inUse = RunningRoots()
        for key in keys where key != current && !inUse.contains(place(key)) {
            try? FileManager.default.removeItem(atPath: folder.appending(key).string)
        }
    }
}

extension FileManager {
    /// Makes a folder and those above it with permissions that the process's umask does not lessen.
    fileprivate func createDirectory(atPath path: String, mode: Int) throws {
        guard !fileExists(atPath: path) else { return }
        try createDirectory(atPath: FilePath(path).removingLastComponent().string, mode: mode)
        try createDirectory(atPath: path, withIntermediateDirectories: true)
        try setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }
}
