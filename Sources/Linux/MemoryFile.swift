import CLinux
package import SystemPackage

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

    /// Makes a file of zeros that takes memory only where it is written, and that can be sealed.
    package static func make(size: UInt64) throws(LinuxError) -> OwnedFD {
        let number = memfd_create("apus", CUnsignedInt(MFD_CLOEXEC | MFD_ALLOW_SEALING))
        guard number >= 0 else { throw .current("make a file in memory") }
        let file = OwnedFD(taking: number)
        guard ftruncate(number, off_t(size)) == 0 else { throw .current("make a file of \(size) bytes in memory") }
        return file
    }

    /// Fixes a file's content and size for good: nobody can write, grow or shrink it, or map it for shared writing.
    ///
    /// It fails with `EBUSY` while a process has it mapped for shared writing.
    package static func seal(_ file: borrowing OwnedFD) throws(LinuxError) {
        guard lx_add_seals(file.rawValue, allSeals) == 0 else { throw .current("seal a file in memory") }
    }

    /// Whether `seal` was done to a file.
    package static func isSealed(_ file: borrowing OwnedFD) -> Bool { lx_seals(file.rawValue) & allSeals == allSeals }

    /// Opens a file again for reading, with a position of its own at the start.
    package static func reopened(_ file: borrowing OwnedFD) throws(LinuxError) -> OwnedFD {
        try .open(path(of: file), O_RDONLY)
    }

    /// A name under which this process can open the file while the descriptor is open.
    package static func path(of file: borrowing OwnedFD) -> FilePath { FilePath("/proc/self/fd/\(file.rawValue)") }

    private static let allSeals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE
}
