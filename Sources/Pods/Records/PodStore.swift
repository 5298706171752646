import FoundationEssentials
import Linux
import SystemPackage

/// The pods of a node on disk: one folder each, written atomically.
struct PodStore: Sendable {
    let node: NodeConfiguration

    func directory(_ id: String) -> PodDirectory { PodDirectory(node: node, id: id) }

    // MARK: Reading

    /// All pods, the newest first.
    ///
    /// A folder without a record belongs to a pod that was never wholly made.
    func list() throws -> [PodRecord] {
        let folder = node.root.appending("pods").string
        guard FileManager.default.fileExists(atPath: folder) else { return [] }
        let names = try FileManager.default.contentsOfDirectory(atPath: folder)
        return names.compactMap { try? read(PodRecord.self, directory($0).record) }.sorted { $0.created > $1.created }
    }

    /// The pod with this name, this id, or an id that begins so; whole names and ids cost no look at other pods.
    func find(_ nameOrID: String) throws -> PodRecord {
        if let record = try record(named: nameOrID) ?? record(id: nameOrID) { return record }
        let pods = try list()
        if let exact = pods.first(where: { $0.name == nameOrID || $0.id == nameOrID }) { return exact }
        let matches = nameOrID.isEmpty ? [] : pods.filter { $0.id.hasPrefix(nameOrID) }
        guard let match = matches.first else {
            throw PodsError(.notFound, "no container \"\(nameOrID)\" (list them with \"apus ps -a\")")
        }
        guard matches.count == 1 else {
            throw PodsError(
                .invalid,
                "\(matches.count) containers have an id that begins with \"\(nameOrID)\" (give more of it)"
            )
        }
        return match
    }

    private func record(id: String) throws -> PodRecord? {
        guard id.utf8.count == 64, id.utf8.allSatisfy("0123456789abcdef".utf8.contains) else { return nil }
        return try? read(PodRecord.self, directory(id).record)
    }

    private func record(named name: String) throws -> PodRecord? {
        guard let id = try names.id(of: name), let record = try record(id: id), record.name == name else { return nil }
        return record
    }

    /// Whether a pod has this name.
    func isTaken(_ name: String) throws -> Bool { try record(named: name) != nil }

    private var names: PodNameIndex { PodNameIndex(folder: node.root.appending("pod-names")) }

    /// A pod's state and its past as they were last written.
    func status(of id: String) -> PodStatus { (try? read(PodStatus.self, directory(id).state)) ?? PodStatus() }

    // MARK: Writing

    /// Makes a pod durable; its name is its own from now on.
    func insert(_ record: PodRecord) throws {
        try withLock {
            try checkFree(record.name)
            try add(record)
        }
    }

    /// Makes a pod durable under a name that no other has, however many are made at once.
    ///
    /// - Returns: the pod with that name.
    func insertWithFreeName(_ record: PodRecord) throws -> PodRecord {
        try withLock {
            var record = record
            record.name = try freeName()
            try add(record)
            return record
        }
    }

    private func freeName() throws -> String {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<100 {
            let name = PodName.random(using: &generator)
            if try !isTaken(name) { return name }
        }
        return PodName.random(using: &generator) + "_\(UInt32.random(in: .min ... .max))"
    }

    private func add(_ record: PodRecord) throws {
        let directory = directory(record.id)
        for folder in [directory.data, directory.run] { try makeFolder(folder) }
        // The name goes first: one that leads to no pod is free for the next.
        try makeFolder(names.folder)
        try names.set(record.name, to: record.id)
        try write(record, to: directory.record, durable: record.isDurable)
    }

    /// Gives a pod another name.
    func rename(_ id: String, to name: String) throws -> (old: PodRecord, new: PodRecord) {
        try withLock {
            guard let old = try record(id: id) else { throw PodsError(.notFound, "no container \"\(id)\"") }
            guard old.name != name else { throw PodsError(.invalid, "container \"\(name)\" has that name already") }
            try checkFree(name)
            var new = old
            new.name = name
            // Until the record says so the new name leads nowhere; afterwards the old one does.
            try names.set(name, to: id)
            try write(new, to: directory(id).record, durable: new.isDurable)
            try names.remove(old.name, of: id)
            return (old, new)
        }
    }

    private func checkFree(_ name: String) throws {
        guard let other = try record(named: name) else { return }
        throw PodsError(
            .conflict,
            "the name \"\(name)\" is taken by container \(other.shortID) (remove it with \"apus rm \(name)\", or choose another)"
        )
    }

    /// Writes a pod's state and past.
    func setStatus(_ status: PodStatus, of pod: PodRecord) throws {
        try write(status, to: directory(pod.id).state, durable: pod.isDurable)
    }

    /// Removes all traces of a pod.
    func remove(_ id: String) throws {
        let directory = directory(id)
        try removeRun(id)
        let name = try record(id: id)?.name
        // The record goes first: whatever interrupts the rest, no half pod is left to be listed.
        try removeItem(directory.record)
        if let name { try names.remove(name, of: id) }
        try removeItem(directory.data)
    }

    /// Removes what belongs to a pod's run.
    func removeRun(_ id: String) throws { try removeItem(directory(id).run) }

    /// Removes what was begun and never became a pod.
    func sweep() throws {
        try withLock {
            let folder = node.root.appending("pods").string
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            for name in names where !hasRecord(name) {
                // What cannot go now, perhaps because somebody else is removing it, is in nobody's way.
                _ = try? FileLock.withLockIfFree(directory(name).lock) { try remove(name) }
            }
        }
    }

    /// A power cut may leave an empty record of a pod that was not to survive it.
    private func hasRecord(_ id: String) -> Bool {
        ((try? FileStatus(directory(id).record))?.size ?? 0) > 0
    }

    private func withLock<Result>(_ body: () throws -> Result) throws -> Result {
        try makeFolder(node.root.appending("pods"))
        return try FileLock.withLock(node.root.appending("pods.lock"), body)
    }

    private func makeFolder(_ path: FilePath) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: path.string,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        } catch {
            throw PodsError(
                .node,
                "cannot make the folder \(path) (are you root? choose others with --root and --run-root)",
                cause: error
            )
        }
    }

    private func removeItem(_ path: FilePath) throws {
        do {
            try FileManager.default.removeItem(atPath: path.string)
        } catch let error as CocoaError where error.code == .fileNoSuchFile {
            return
        }
    }

    private func read<Value: Decodable>(_ type: Value.Type, _ path: FilePath) throws -> Value {
        try JSONDecoder().decode(type, from: Data(contentsOf: URL(filePath: path.string)))
    }

    private func write(_ value: some Encodable, to path: FilePath, durable: Bool) throws {
        try AtomicFile.write(try JSONEncoder().encode(value), to: path, durable: durable)
    }
}
