import CLinux
import SystemPackage

/// Files that exist in memory only.
package enum MemoryFile {
    /// Makes a file of these bytes that is read from its start, close-on-exec.
    ///
    /// As a program's standard input it has two advantages over a pipe: nobody must feed it, and a program that ends
    /// without reading raises no `SIGPIPE`. Nothing reaches a disk, as is right for secrets.
    package static func make(_ bytes: [UInt8]) throws(LinuxError) -> OwnedFD {
        let number = memfd_create("apus", CUnsignedInt(MFD_CLOEXEC))
        guard number >= 0 else { throw .current("make a file in memory") }
        let file = OwnedFD(taking: number)
        do {
            try file.descriptor.writeAll(bytes)
            try file.descriptor.seek(offset: 0, from: .start)
        } catch {
            throw LinuxError(stage: "fill a file in memory", errno: error as? Errno ?? .ioError)
        }
        return file
    }
}
