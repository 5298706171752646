import FoundationEssentials
import Hummingbird
import Linux
import NIOCore
import OCI
import SystemPackage

/// A request's body on disk, for work that needs a file.
struct UploadFile: Sendable {
    /// Bytes that are written at once; a thread is started for each time.
    private static let batch = 4 << 20

    /// Where it is while the body runs; its name gives no name to an image, because it has a colon.
    let path: FilePath

    /// Runs a body with the whole upload in a file, which goes afterwards.
    ///
    /// - Throws: 413 for more than `limit` bytes.
    static func with<Result: Sendable>(
        _ upload: RequestBody,
        in folder: FilePath,
        limit: Int64,
        _ body: (UploadFile) async throws -> Result
    ) async throws -> Result {
        let path = folder.appending("upload:\(UInt64.random(in: .min ... .max))")
        let file = try await OffPool.run {
            try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
            return Target(try OwnedFD.open(path, .writeOnly, options: [.create, .exclusiveCreate]))
        }
        defer { try? FileManager.default.removeItem(atPath: path.string) }
        try await write(upload, to: file, limit: limit)
        return try await body(UploadFile(path: path))
    }

    /// Removes what a daemon that was killed has left.
    static func sweep(_ folder: FilePath) {
        try? FileManager.default.removeItem(atPath: folder.string)
    }

    private final class Target: Sendable {
        let file: OwnedFD

        init(_ file: consuming OwnedFD) { self.file = file }
    }

    private static func write(_ upload: RequestBody, to target: Target, limit: Int64) async throws {
        var buffer = ByteBuffer()
        var count: Int64 = 0
        for try await bytes in upload {
            count += Int64(bytes.readableBytes)
            guard count <= limit else {
                throw EngineError(.contentTooLarge, "the archive has more than \(limit) bytes, the most that is read")
            }
            buffer.writeImmutableBuffer(bytes)
            if buffer.readableBytes >= batch {
                try await flush(buffer, to: target)
                buffer.clear()
            }
        }
        try await flush(buffer, to: target)
    }

    private static func flush(_ bytes: ByteBuffer, to target: Target) async throws {
        try await OffPool.run {
            do { _ = try target.file.descriptor.writeAll(bytes.readableBytesView) } catch {
                throw ImageError.system("keep the uploaded archive", error)
            }
        }
    }
}
