import CLinux
package import SystemPackage

/// Small files of the kernel's file systems, whose size is unknown until they are read.
package enum ProcFile {
    /// Reads a file of at most 1 MiB as text; invalid UTF-8 is repaired.
    package static func read(_ path: FilePath) throws(LinuxError) -> String {
        String(decoding: try WholeFile.read(path, limit: 1 << 20), as: UTF8.self)
    }

    /// Writes a control file of the kernel in one call, as such files demand.
    package static func write(_ text: String, to path: FilePath) throws(LinuxError) {
        let file = try OwnedFD.open(path, O_WRONLY)
        var text = text
        let count = text.withUTF8 { CLinux.write(file.rawValue, $0.baseAddress, $0.count) }
        guard count == text.utf8.count else { throw .current("write \(path)") }
    }
}
