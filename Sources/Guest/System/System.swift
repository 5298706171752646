import AgentProtocolEmbedded
import CLinux

/// Small wrappers around system calls; each failure names what was being done.
enum System {
    /// Turns a result below zero into the failure that errno describes.
    @discardableResult
    static func check(_ result: Int32, _ stage: String) throws(AgentFailure) -> Int32 {
        guard result >= 0 else { throw AgentFailure(.system, stage: stage, errno: lx_errno()) }
        return result
    }

    /// Turns a shim's `-errno` into a failure.
    @discardableResult
    static func checkShim(_ result: Int32, _ stage: String) throws(AgentFailure) -> Int32 {
        guard result >= 0 else { throw AgentFailure(.system, stage: stage, errno: -result) }
        return result
    }

    /// Mounts a file system, making its mount point.
    static func mount(
        _ type: String,
        on target: String,
        source: String = "none",
        flags: Int = 0,
        options: String = ""
    ) throws(AgentFailure) {
        makeFolders(target)
        try check(CLinux.mount(source, target, type, UInt(flags), options), "mount \(type) on \(target)")
    }

    /// Makes a folder and those above it; failure shows when the folder is used.
    static func makeFolders(_ path: String) {
        var partial = ""
        for part in path.utf8.split(separator: UInt8(ascii: "/")) {
            partial += "/" + String(decoding: [UInt8](part), as: UTF8.self)
            mkdir(partial, 0o755)
        }
    }

    /// A whole small file, up to 64 KiB; empty when it cannot be read.
    static func read(_ path: String) -> [UInt8] {
        let file = OwnedFile(lx_open(path, O_RDONLY, 0))
        return file.readAll(limit: 64 * 1024)
    }

    /// A small file's text without white space at its end.
    static func readText(_ path: String) -> String {
        var bytes = read(path)
        while let last = bytes.last, last <= UInt8(ascii: " ") { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Writes a file in one call, as the kernel's own files want it.
    static func write(_ text: String, to path: String) throws(AgentFailure) {
        try write([UInt8](text.utf8), to: path, flags: O_WRONLY)
    }

    /// Writes a file, making or emptying it with the right flags.
    static func write(_ bytes: [UInt8], to path: String, flags: Int32) throws(AgentFailure) {
        let file = OwnedFile(try check(lx_open(path, flags, 0o644), "open \(path)"))
        try check(Int32(truncatingIfNeeded: CLinux.write(file.number, bytes, bytes.count)), "write \(path)")
    }

    /// The names in a folder.
    static func entries(of path: String) -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder), let name = lx_entry_name(entry) {
            let text = String(cString: name)
            if !text.isSame(as: ".") && !text.isSame(as: "..") { names.append(text) }
        }
        return names
    }
}

/// A descriptor that is closed with its owner.
final class OwnedFile {
    /// The descriptor, or -1.
    private(set) var number: Int32

    init(_ number: Int32) {
        self.number = number
    }

    deinit { close() }

    /// Whether it is open.
    var isOpen: Bool { number >= 0 }

    /// Closes it now.
    func close() {
        if number >= 0 { CLinux.close(number) }
        number = -1
    }

    /// What can be read, up to a limit.
    func readAll(limit: Int) -> [UInt8] {
        var content: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while isOpen, content.count < limit {
            let count = CLinux.read(number, &buffer, buffer.count)
            guard count > 0 else { break }
            content.append(contentsOf: buffer[0..<count])
        }
        return content
    }
}
