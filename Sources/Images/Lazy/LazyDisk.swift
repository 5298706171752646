import Linux
import NBD
import OCI
import Synchronization
import SystemPackage

/// A disk whose chunks are fetched when somebody asks for them.
///
/// A chunk is read from the cache file only after it hashed to what the table says, in this process: so no list of what
/// is there has to survive a crash, several processes may fill one file at a time, and what a power cut or a stranger
/// did to the file is fetched anew.
final class LazyDisk: BlockSource {
    /// Gets some bytes of the disk from wherever it was published.
    typealias Fetch = @Sendable (Range<Int64>) async throws -> [UInt8]

    /// Chunks that are fetched with one request at most, where they are asked for in order.
    private static let mostAhead = 4
    /// Requests at a time.
    private static let parallel = 4

    /// The number of bytes.
    var size: Int64 { table.size }
    private let folder: LazyFolder
    private let digest: Digest
    private let table: ChunkTable
    private let file: OwnedFD
    private let fetch: Fetch
    /// Which chunks in the file have been verified.
    private let verified: Mutex<[Bool]>
    private let turns = Turns<Int>()

    /// Opens a disk of the store.
    ///
    /// - Parameter source: what it is; its digest tells when the whole is there.
    init(_ folder: LazyFolder, _ source: LazySource, fetch: @escaping Fetch) throws {
        guard let bytes = try File.read(folder.chunks, limit: BlobFolder.documentLimit),
            Digest(hashing: bytes) == source.chunks.digest, File.regularSize(folder.disk) == source.disk.size
        else {
            throw ImageError(.damaged, "\(folder.path) is damaged (remove the image and pull it again)")
        }
        self.folder = folder
        self.fetch = fetch
        digest = source.disk.digest
        table = try ChunkTable(bytes, size: source.disk.size)
        file = try File.open(folder.disk, .readWrite)
        verified = Mutex([Bool](repeating: false, count: table.count))
    }

    func read(_ range: Range<Int64>) async throws -> [UInt8] {
        for chunk in table.chunks(of: range) { try await provide(chunk) }
        return try await Blocking.run { [self] _ in try bytes(range) }
    }

    /// Fetches everything that is missing, in order and with one request at a time; the whole is verified at the end.
    ///
    /// Does nothing while another process does it.
    func fill() async throws {
        let lock = folder.lock
        guard let held = try await Blocking.run({ _ in try HeldLock(lock) }) else { return }
        for chunk in 0..<table.count {
            try Task.checkCancellation()
            try await provide(chunk)
        }
        try await Blocking.run { [self] flag in
            let whole = try FileRegion(path: folder.disk, offset: 0, length: size).digest(flag)
            guard whole == digest else { throw ImageError.mismatch(digest) }
            try folder.finish()
        }
        withExtendedLifetime(held) {}
    }

    /// Makes sure that a chunk is in the file and right.
    ///
    /// Chunks that lie together take turns: whoever waits for a chunk that is being fetched finds it there, and the
    /// number of turns bounds the requests.
    private func provide(_ chunk: Int) async throws {
        if isVerified(chunk) { return }
        try await turns.withTurn(chunk / Self.mostAhead % Self.parallel) {
            if isVerified(chunk) { return }
            if try await Blocking.run({ [self] _ in try verify(chunk) }) { return }
            let chunks = missing(from: chunk)
            let bytes = try await fetch(table.bytes(of: chunks))
            try await Blocking.run { [self] _ in try store(bytes, chunks) }
        }
    }

    private func isVerified(_ chunk: Int) -> Bool { verified.withLock { $0[chunk] } }

    /// A chunk, and those behind it where its predecessor has been asked for too.
    private func missing(from chunk: Int) -> Range<Int> {
        verified.withLock { verified in
            guard chunk > 0, verified[chunk - 1] else { return chunk..<chunk + 1 }
            let end = min(chunk / Self.mostAhead * Self.mostAhead + Self.mostAhead, verified.count)
            return chunk..<(verified[chunk..<end].firstIndex(of: true) ?? end)
        }
    }

    /// Looks whether an earlier process has fetched a chunk.
    private func verify(_ chunk: Int) throws -> Bool {
        guard table.fits(try bytes(table.bytes(of: chunk..<chunk + 1)), chunk) else { return false }
        verified.withLock { $0[chunk] = true }
        return true
    }

    private func store(_ bytes: [UInt8], _ chunks: Range<Int>) throws {
        let start = table.bytes(of: chunks).lowerBound
        for chunk in chunks {
            let place = table.bytes(of: chunk..<chunk + 1)
            let part = bytes.dropFirst(Int(place.lowerBound - start)).prefix(place.count)
            guard table.fits(part, chunk) else {
                throw ImageError(
                    .digestMismatch,
                    "the registry sent other bytes than those of part \(chunk) of disk \(digest) (tell its operator)"
                )
            }
            do {
                try file.descriptor.writeAll(toAbsoluteOffset: place.lowerBound, part)
            } catch {
                throw ImageError.system("write \(folder.disk)", error)
            }
            verified.withLock { $0[chunk] = true }
        }
    }

    private func bytes(_ range: Range<Int64>) throws(ImageError) -> [UInt8] {
        try FileBlocks.read(range, file.descriptor, folder.disk)
    }
}

/// A lock that lives as long as somebody holds on to this value.
private final class HeldLock: Sendable {
    private let lock: FileLock

    /// Takes a lock; `nil` if somebody else has it.
    init?(_ path: FilePath) throws {
        guard let lock = try FileLock.tryAcquire(path) else { return nil }
        self.lock = lock
    }
}
