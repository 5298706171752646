import Linux
import NIOCore
import OCI
import Synchronization
import SystemPackage

import struct Crypto.SHA256

/// A file that a blob grows in, hashed as it grows.
final class BlobFile: Sendable {
    private struct State {
        var hash = SHA256()
        var count: Int64 = 0
    }

    private let path: FilePath
    private let file: OwnedFD
    private let state = Mutex(State())

    private init(_ path: FilePath, limit: Int64, _ flag: StopFlag) throws {
        self.path = path
        do {
            file = try OwnedFD.open(path, .readWrite, options: [.create, .noFollow])
            try hashContent(limit: limit, flag)
        } catch let error as CancellationError {
            throw error
        } catch {
            throw ImageError.system("open \(path)", error)
        }
    }

    /// Opens or makes the file; what is in it counts as the beginning of the blob.
    ///
    /// - Parameter limit: the blob's length; a longer file is no beginning of it and is emptied.
    static func open(_ path: FilePath, limit: Int64) async throws -> BlobFile {
        try await FileQueue.run { try BlobFile(path, limit: limit, $0) }
    }

    /// How many bytes it has.
    var count: Int64 { state.withLock { $0.count } }

    /// The hash of what is in it.
    var digest: Digest { Digest(state.withLock { $0.hash }.finalize()) }

    /// Adds bytes at the end.
    func append(_ buffer: ByteBuffer) async throws {
        try await FileQueue.run { [self] _ in
            do {
                try buffer.withUnsafeReadableBytes(append)
            } catch {
                throw ImageError.system("write \(path)", error)
            }
        }
    }

    /// Forgets the content.
    func empty() async throws {
        try await FileQueue.run { [self] _ in
            do {
                try file.descriptor.resize(to: 0)
                state.withLock { $0 = State() }
            } catch {
                throw ImageError.system("empty \(path)", error)
            }
        }
    }

    private func append(_ bytes: UnsafeRawBufferPointer) throws {
        try state.withLock { state in
            try file.descriptor.writeAll(toAbsoluteOffset: state.count, bytes)
            state.hash.update(bufferPointer: bytes)
            state.count += Int64(bytes.count)
        }
    }

    private func hashContent(limit: Int64, _ flag: StopFlag) throws {
        guard try file.descriptor.seek(offset: 0, from: .end) <= limit else { return try file.descriptor.resize(to: 0) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { buffer.deallocate() }
        try state.withLock { state in
            while true {
                try flag.check()
                let count = try file.descriptor.read(fromAbsoluteOffset: state.count, into: buffer)
                guard count > 0 else { return }
                state.hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                state.count += Int64(count)
            }
        }
    }
}
