import AgentProtocolEmbedded
import CLinux

/// Pieces of files inside a container's root, resolved as the container would.
enum Files {
    static func read(_ range: FileRange, in container: Container) throws(AgentFailure) -> FileContent {
        let root = try container.openRoot()
        let file = try open(range.path, in: root, flags: O_RDONLY, mode: 0)
        var info = stat()
        try System.check(fstat(file.number, &info), "look at \(range.path)")
        var content: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 32 * 1024)
        while content.count < Int(range.count) {
            let wanted = min(buffer.count, Int(range.count) - content.count)
            let count = pread(file.number, &buffer, wanted, Int(range.offset) + content.count)
            try System.check(Int32(truncatingIfNeeded: count), "read \(range.path)")
            guard count > 0 else { break }
            content.append(contentsOf: buffer[0..<count])
        }
        return FileContent(bytes: content, size: UInt64(info.st_size))
    }

    static func write(_ piece: FileWrite, in container: Container) throws(AgentFailure) {
        let root = try container.openRoot()
        let flags = O_WRONLY | (piece.offset == 0 ? O_CREAT | O_TRUNC : 0)
        let file = try open(piece.path, in: root, flags: flags, mode: mode_t(piece.mode))
        var written = 0
        while written < piece.bytes.count {
            let count = piece.bytes.withUnsafeBytes { bytes in
                pwrite(
                    file.number,
                    bytes.baseAddress.map { $0 + written },
                    bytes.count - written,
                    Int(piece.offset) + written
                )
            }
            try System.check(Int32(truncatingIfNeeded: count), "write \(piece.path)")
            written += count
        }
    }

    private static func open(_ path: String, in root: OwnedFile, flags: Int32, mode: mode_t) throws(AgentFailure)
        -> OwnedFile
    {
        let number = lx_open_in_root(root.number, path, flags, mode)
        guard number != -ENOENT else { throw AgentFailure(.notFound, stage: "open \(path)", errno: ENOENT) }
        return OwnedFile(try System.checkShim(number, "open \(path)"))
    }
}
