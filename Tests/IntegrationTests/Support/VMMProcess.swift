import Foundation
import Linux
import SystemPackage
import Testing

/// The process of a machine, as the kernel describes it.
struct VMMProcess {
    /// The node's folder.
    let folder: FilePath
    let pid: Int32

    /// The machines of a node's pods, by the records in their folders.
    static func all(of node: Node) throws -> [VMMProcess] {
        struct Record: Decodable {
            struct Process: Decodable { let pid: Int32 }
            let process: Process
        }
        let pods = node.runRoot.appending("pods")
        return try FileManager.default.contentsOfDirectory(atPath: pods.string).map { name in
            let record = pods.appending(name).appending("vm/vmm.json")
            let bytes = try Data(contentsOf: URL(filePath: record.string))
            return VMMProcess(folder: node.folder, pid: try JSONDecoder().decode(Record.self, from: bytes).process.pid)
        }
    }

    func text(_ name: String) throws -> String {
        String(decoding: try #require(FileManager.default.contents(atPath: "/proc/\(pid)/\(name)")), as: UTF8.self)
    }

    func names(_ name: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/\(name)").sorted()
    }

    func link(_ name: String) throws -> String { try Self.link("/proc/\(pid)/\(name)") }

    static func link(_ path: String) throws -> String {
        try FileManager.default.destinationOfSymbolicLink(atPath: path)
    }

    func status() throws -> [String: [String]] { fields(try text("status")) }

    func threads() throws -> [[String: [String]]] {
        try names("task").map { fields(try text("task/\($0)/status")) }
    }

    private func fields(_ text: String) -> [String: [String]] {
        let pairs = text.split(separator: "\n").map { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            return (String(parts[0]), parts.dropFirst().joined().split(whereSeparator: \.isWhitespace).map(String.init))
        }
        return Dictionary(pairs) { first, _ in first }
    }

    /// The mounts that it sees, with their options that close something.
    func mounts() throws -> [String: Set<String>] {
        let options: Set<String> = ["ro", "rw", "nosuid", "nodev", "noexec"]
        let pairs = try text("mountinfo").split(separator: "\n").map { line in
            let fields = line.split(separator: " ").map(String.init)
            return (fields[4], Set(fields[5].split(separator: ",").map(String.init)).intersection(options))
        }
        // A mount over another one would show as two of the same place.
        return Dictionary(pairs) { _, _ in ["hidden"] }
    }

    /// Everything below its root that is no folder, without `/proc`.
    func files(below folder: String = "") throws -> [String] {
        try names("root\(folder)").flatMap { name -> [String] in
            let path = "\(folder)/\(name)"
            guard path != "/proc" else { return [] }
            let type = try FileManager.default.attributesOfItem(atPath: "/proc/\(pid)/root\(path)")[.type]
            return type as? FileAttributeType == .typeDirectory ? try files(below: path) : [path]
        }
    }

    /// One of its descriptors.
    struct Descriptor: Equatable {
        let number: String
        let target: String
        /// Whether what is behind it can be changed through it; a sealed file in memory cannot, however it was opened.
        let isWritable: Bool

        /// Whether a machine needs it: channels, its log, and what it may only read.
        func isExpected(in folder: FilePath) -> Bool {
            let events = ["eventfd", "eventpoll", "signalfd", "io_uring"].map { "anon_inode:[\($0)]" }
            if target.hasPrefix("socket:[") || events.contains(target) || target == "/dev/null" { return true }
            if number == "1" || number == "2" {
                return target.hasPrefix("\(folder)/run/") && target.hasSuffix("/vmm.log")
            }
            // The disk of its own container's changes is all that it may write to.
            if isWritable, target.hasPrefix("\(folder)/root/pods/"), target.hasSuffix("/changes.ext4") { return true }
            // A kernel may lie outside of the node's folder.
            let readable = ["/memfd:apus (deleted)", "\(folder)/root/guest/", "\(folder)/root/images/", "/kernel/"]
            return !isWritable && readable.contains { target.contains($0) }
        }
    }

    func descriptors() throws -> [Descriptor] {
        try names("fd").map { number in
            let flags = try fields(text("fdinfo/\(number)"))["flags"]?.first.flatMap { Int32($0, radix: 8) }
            let target = try link("fd/\(number)")
            return Descriptor(
                number: number,
                target: target,
                isWritable: try #require(flags) & 3 != 0 && !(target.hasPrefix("/memfd:") && isSealed(number))
            )
        }
    }

    private func isSealed(_ number: String) throws -> Bool {
        MemoryFile.isSealed(try OwnedFD.open(FilePath("/proc/\(pid)/fd/\(number)"), .readOnly))
    }

    /// What its control groups allow: thousandths of processors, bytes, threads; in either version.
    func groupLimits() throws -> [String: String] {
        var limits: [String: String] = [:]
        for line in try text("cgroup").split(separator: "\n") where line.contains("/apus/") {
            let path = line.split(separator: ":", maxSplits: 2)[2]
            for name in ["memory", "pids", "cpu"] {
                for root in ["/sys/fs/cgroup/\(name)\(path)", "/sys/fs/cgroup\(path)"] {
                    let read = { (file: String) in
                        FileManager.default.contents(atPath: "\(root)/\(file)").map {
                            String(decoding: $0, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
                        }
                    }
                    switch name {
                    case "memory": limits[name] = read("memory.max") ?? read("memory.limit_in_bytes") ?? limits[name]
                    case "pids": limits[name] = read("pids.max") ?? limits[name]
                    default:
                        let quota = read("cpu.max").flatMap { $0.split(separator: " ").first.map(String.init) }
                        let micros = (quota ?? read("cpu.cfs_quota_us")).flatMap { Int($0) }
                        limits[name] = micros.map { "\($0 / 100)" } ?? limits[name]
                    }
                }
            }
        }
        return limits
    }
}
