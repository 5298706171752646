import Linux
import OCI
import SystemPackage

/// How an archive is compressed, told from its first bytes: names and media types are only claims.
enum Compression {
    case none, gzip, zstd

    static func detect(_ region: FileRegion) throws(ImageError) -> Compression {
        let start = FileRegion(path: region.path, offset: region.offset, length: min(6, region.length))
        let magic = try start.read(limit: 6)
        if magic.starts(with: [0x1F, 0x8B]) { return .gzip }
        if magic.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) { return .zstd }
        let others: [(String, [UInt8])] = [("bzip2", Array("BZh".utf8)), ("xz", [0xFD] + Array("7zXZ".utf8))]
        if let other = others.first(where: { magic.starts(with: $0.1) }) {
            throw ImageError(
                .unsupported,
                "\(region.path) is compressed with \(other.0), which is not read (decompress it, or use gzip or zstd)"
            )
        }
        return .none
    }

    /// The program that undoes it.
    ///
    /// Bytes after the end of the last stream are an error of all three; pigz ignores them unless it is told to talk.
    private func tool(_ tools: Toolbox) -> (Tool, [String])? {
        switch self {
        case .none: nil
        case .gzip: tools.has(.pigz) ? (.pigz, ["-dcv"]) : (.gzip, ["-dc"])
        case .zstd: (.zstd, ["-dcq"])
        }
    }

    /// Writes the plain bytes of a whole file to another.
    ///
    /// - Returns: the file that holds the plain bytes: the given one if it is not compressed.
    func expand(
        _ file: FilePath,
        to target: FilePath,
        limit: Int64,
        purpose: String,
        _ tools: Toolbox
    ) async throws -> FilePath {
        guard let (tool, arguments) = tool(tools) else { return file }
        try await tools.run(tool, arguments, purpose: purpose, input: file, output: target, fileLimit: limit)
        return target
    }

    /// Writes the plain bytes of a part of a file to a pipe, which stays the caller's.
    ///
    /// The program is fed through a pipe of its own, so that it sees the end of a part that is not the file's end.
    func expand(
        _ region: FileRegion,
        into target: FileDescriptor,
        purpose: String,
        _ tools: Toolbox
    ) async throws {
        guard let (tool, arguments) = tool(tools) else {
            return try await Blocking.run { try region.feed(target, $0) }
        }
        try await withThrowingTaskGroup { group in
            let ends = try FileDescriptor.pipe(capacity: 1 << 20)
            let source = OwnedFD(taking: ends.readEnd.rawValue)
            group.addTask {
                try await Blocking.run { flag in
                    let output = OwnedFD(taking: ends.writeEnd.rawValue)
                    try region.feed(output.descriptor, flag)
                }
            }
            try await tools.run(tool, arguments, purpose: purpose, from: source.descriptor, to: target)
            // Without a reader the feeding of a program that stopped early ends too.
            _ = consume source
            try await group.waitForAll()
        }
    }
}

extension FileRegion {
    /// Writes all of it to a pipe.
    fileprivate func feed(_ pipe: FileDescriptor, _ flag: CancellationFlag) throws {
        try forEachChunk { chunk in
            try flag.check()
            do { _ = try pipe.writeAll(chunk) } catch {
                throw ImageError(.badArchive, "\(path) goes on after its end (save the image again)", cause: error)
            }
        }
    }
}

extension Compression {
    /// How manifests name a layer that is compressed so.
    var mediaType: String {
        switch self {
        case .none: MediaType.layer
        case .gzip: MediaType.gzipLayer
        case .zstd: MediaType.zstdLayer
        }
    }
}
