import CLinux
package import SystemPackage

/// Files that are read at once, with a bound on their size.
package enum WholeFile {
    /// Reads a file; one that is larger than the limit is an error (`EFBIG`).
    package static func read(_ path: FilePath, limit: Int) throws(LinuxError) -> [UInt8] {
        let file = try OwnedFD.open(path, O_RDONLY)
        var status = stat()
        guard fstat(file.rawValue, &status) == 0 else { throw .current("look up \(path)") }
        // One byte more than expected, so that an honest size needs one read, and the next finds the end.
        var bytes = [UInt8](repeating: 0, count: min(max(Int(status.st_size), 4095), limit) + 1)
        var used = 0
        while true {
            let count = bytes.withUnsafeMutableBytes {
                CLinux.read(file.rawValue, $0.baseAddress?.advanced(by: used), $0.count - used)
            }
            if count < 0, lx_errno() == EINTR { continue }
            guard count >= 0 else { throw .current("read \(path)") }
            used += count
            guard used <= limit else { throw LinuxError(stage: "read \(path)", errno: .fileTooLarge) }
            guard count > 0 else { break }
            if used == bytes.count { bytes.append(contentsOf: repeatElement(0, count: min(used, limit - used + 1))) }
        }
        bytes.removeSubrange(used...)
        return bytes
    }

    /// Reads the end of a file, at most so many bytes.
    package static func tail(_ path: FilePath, limit: Int) throws(LinuxError) -> [UInt8] {
        let file = try OwnedFD.open(path, O_RDONLY)
        let end = lseek(file.rawValue, 0, SEEK_END)
        guard end >= 0 else { throw .current("find the end of \(path)") }
        var bytes = [UInt8](repeating: 0, count: min(limit, Int(end)))
        let count = bytes.withUnsafeMutableBytes {
            pread(file.rawValue, $0.baseAddress, $0.count, end - off_t($0.count))
        }
        guard count >= 0 else { throw .current("read \(path)") }
        bytes.removeSubrange(count...)
        return bytes
    }
}
