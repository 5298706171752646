import FoundationEssentials
import Linux
import SystemPackage

/// The files of a jail's root, with what they were made from.
struct JailContents: Codable, Sendable, Hashable {
    /// One file.
    struct File: Codable, Sendable, Hashable {
        /// Where it is, here and in the root alike.
        let path: String
        /// The host's file that the path led to.
        let source: String
        let size: Int64
        let modified: Int64

        init(_ path: FilePath) throws {
            let source = try path.resolved()
            let status = try FileStatus(source)
            guard status.isRegular else {
                throw HypervisorError(.missing, "\(path) is no file (install qemu-system-x86 again)")
            }
            (self.path, self.source) = (path.string, source.string)
            (size, modified) = (status.size, status.modified)
        }

        /// Whether the path still leads to the same file of the host, and the copy is whole.
        func isCurrent(in root: FilePath) -> Bool {
            guard let status = try? FileStatus(FilePath(path)), let copy = try? FileStatus(place(in: root)) else {
                return false
            }
            return status.size == size && status.modified == modified && copy.size == size
        }

        func place(in root: FilePath) -> FilePath { root.pushing(FilePath(path).removingRoot()) }
    }

    /// Raised whenever roots are made differently from the same files.
    private static let layout = 1

    private(set) var layout = Self.layout
    /// The program, by its path here and there.
    let executable: String
    let files: [File]

    /// A name for these contents: other files, other sizes or other times make another one.
    var key: String {
        let facts = ["\(layout)", executable] + files.map { "\($0.path) \($0.source) \($0.size) \($0.modified)" }
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325  // FNV-1a, 64 bits
        for byte in facts.joined(separator: "\n").utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return String(hash, radix: 16)
    }

    /// Whether a root that was made of these contents is whole, and what a new one of this program would be like.
    func isCurrent(for executable: FilePath, in root: FilePath) -> Bool {
        layout == Self.layout && self.executable == executable.string && files.allSatisfy { $0.isCurrent(in: root) }
    }

    static func read(from path: FilePath) -> JailContents? {
        guard let bytes = try? WholeFile.read(path, limit: 1 << 20) else { return nil }
        return try? JSONDecoder().decode(JailContents.self, from: Data(bytes))
    }

    func write(to path: FilePath) throws {
        try AtomicFile.write(JSONEncoder().encode(self), to: path)
    }
}
