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
    private var tool: (Tool, [String])? {
        switch self {
        case .none: nil
        case .gzip: (.gzip, ["-dc"])
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
        guard let (tool, arguments) = tool else { return file }
        try await tools.run(tool, arguments, purpose: purpose, input: file, output: target, fileLimit: limit)
        return target
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
