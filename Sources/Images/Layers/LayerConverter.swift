import EROFS
import FoundationEssentials
import Linux
import OCI
import SystemPackage

/// Turns a layer's archive into a read-only EROFS disk in one pass, with bounded memory and without other files.
///
/// A program decompresses, one thread takes the plain bytes from it, hashes and checks them and writes the disk.
/// Whatever fails, and if the task is cancelled, the disk's file is gone afterwards.
struct LayerConverter: Sendable {
    /// Writes plain tar bytes to a pipe, which stays the caller's.
    typealias Producer = @Sendable (FileDescriptor) async throws -> Void

    /// A conversion keeps a processor busy and holds a tree in memory, so the process runs a few at a time.
    private static let slots = Turns<Bool>(limit: max(2, ProcessInfo.processInfo.activeProcessorCount))

    let tools: Toolbox
    let limits: Limits

    /// Decompresses (gzip, zstd or plain, told by the first bytes), verifies, checks and converts a layer.
    ///
    /// - Parameters:
    ///   - diffID: what the plain bytes must hash to; `nil` if they may be anything.
    ///   - disk: the file to make; it must not exist.
    /// - Throws: `.digestMismatch`, `.refused` naming the entry, `.badArchive`, `.unsupported`, `.noSpace`.
    func convert(_ blob: FileRegion, diffID: Digest?, to disk: FilePath) async throws -> ConvertedLayer {
        let name = diffID.map { "layer \($0.hex.prefix(12))" } ?? "\(blob.path)"
        let compression = try await Blocking.run { _ in try Compression.detect(blob) }
        let tools = tools
        return try await convert(to: disk, name: name, diffID: diffID) { pipe in
            try await compression.expand(blob, into: pipe, purpose: "decompress \(name)", tools)
        }
    }

    /// Converts the plain tar bytes that a producer writes.
    ///
    /// - Parameters:
    ///   - name: what to call the layer in messages.
    ///   - copy: a file to make that gets the plain bytes too, so that a compressed blob can be made of it.
    ///   - produce: its error counts if the bytes end early; it is cancelled when they are refused.
    func convert(
        to disk: FilePath,
        name: String,
        diffID: Digest? = nil,
        copy: FilePath? = nil,
        produce: @escaping Producer
    ) async throws -> ConvertedLayer {
        let pass = LayerPass(limits: limits, name: name, diffID: diffID, disk: disk, copy: copy)
        return try await Self.slots.withTurn(true) { try await Self.run(pass, produce) }
    }

    private static func run(_ pass: LayerPass, _ produce: @escaping Producer) async throws -> ConvertedLayer {
        try await withThrowingTaskGroup { group in
            let ends = try FileDescriptor.pipe(capacity: Int32(TarSource.capacity))
            group.addTask {
                // Closed when the producer is done: that is the end of the bytes.
                let output = OwnedFD(taking: ends.writeEnd.rawValue)
                try await produce(output.descriptor)
            }
            let outcome = try await Blocking.run { flag in
                pass.run(OwnedFD(taking: ends.readEnd.rawValue), flag)
            }
            // Refused in the middle: the producer's complaint about that is of no interest.
            if outcome.endedEarly { group.cancelAll() } else { try await finish(&group, pass) }
            return try outcome.result.get()
        }
    }

    /// Waits for the producer; if it failed the disk is not worth keeping whatever the pass made of it.
    private static func finish(_ group: inout ThrowingTaskGroup<Void, any Error>, _ pass: LayerPass) async throws {
        do {
            try await group.waitForAll()
            try Task.checkCancellation()
        } catch {
            try await Blocking.run { _ in pass.discard() }
            throw error
        }
    }
}
