import EROFS
import Linux
import OCI
import SystemPackage

/// One pass of blocking work: plain tar bytes in, a disk out.
struct LayerPass: Sendable {
    /// How a pass ended.
    struct Outcome: Sendable {
        let result: Result<ConvertedLayer, any Error>
        /// Whether it failed before it had seen all bytes.
        let endedEarly: Bool
    }

    let limits: Limits
    /// What to call the layer in messages.
    let name: String
    let diffID: Digest?
    let disk: FilePath
    let copy: FilePath?

    /// Reads a pipe to its end; of a failed pass nothing stays.
    func run(_ input: consuming OwnedFD, _ flag: CancellationFlag) -> Outcome {
        let meter = LayerMeter(input, limit: limits.layerBytes, name: name)
        var made: [FilePath] = []
        do {
            let file = try File.create(disk)
            made.append(disk)
            if let copy {
                meter.copy = try copier(to: copy)
                made.append(copy)
            }
            return Outcome(result: .success(try convert(meter, to: file, flag)), endedEarly: false)
        } catch {
            for path in made { try? File.remove(path) }
            return Outcome(result: .failure(describe(error)), endedEarly: !meter.isAtEnd)
        }
    }

    private func copier(to path: FilePath) throws -> (UnsafeRawBufferPointer) throws -> Void {
        let file = try File.create(path)
        return { bytes in
            do { _ = try file.descriptor.writeAll(bytes) } catch { throw ImageError.system("write \(path)", error) }
        }
    }

    /// Removes what the pass has made.
    func discard() {
        try? File.remove(disk)
        if let copy { try? File.remove(copy) }
    }

    private func convert(
        _ meter: LayerMeter,
        to file: consuming OwnedFD,
        _ flag: CancellationFlag
    ) throws -> ConvertedLayer {
        var reader = TarReader(
            TarSource(name: name, canSeek: false) { buffer, _ in
                try flag.check()
                return try meter.read(into: buffer)
            }
        )
        var writer = try DiskWriter(file, uuid: Self.uuid(diffID))
        var tree = LayerTree(limits: limits, name: name)
        while let entry = try reader.next() {
            try tree.apply(entry) { try Self.write(entry, from: &reader, to: &writer) }
        }
        tree.dropIdleMarks()
        while try !reader.nextTrailing().isEmpty {}
        let found = meter.digest
        if let diffID, diffID != found { throw ImageError.mismatch(diffID) }
        return ConvertedLayer(
            diffID: found,
            diskSize: try writer.finish(tree.files),
            uncompressedSize: meter.size,
            entries: tree.entries,
            implicitFolders: try tree.implicitFolders(),
            hidesLowerLayers: tree.hidesLowerLayers
        )
    }

    /// Puts a file's content on the disk, holes as holes.
    static func write(
        _ entry: TarEntry,
        from reader: inout TarReader,
        to writer: inout DiskWriter
    ) throws -> FileData {
        var position: Int64 = 0
        for extent in entry.sparse?.extents ?? [TarSparse.Extent(offset: 0, length: entry.size)] {
            if extent.offset > position { try writer.appendHole(extent.offset - position) }
            position = extent.offset + extent.length
            var rest = extent.length
            while rest > 0 {
                let chunk = try reader.nextData(rest)
                guard !chunk.isEmpty else { throw FileRegion.truncated("\"\(entry.printableName)\"") }
                try writer.append(chunk)
                rest -= Int64(chunk.count)
            }
        }
        if entry.size > position { try writer.appendHole(entry.size - position) }
        return try writer.endFile()
    }

    /// A file system id that depends on the content alone (RFC 9562, version 8); zeros where that is not known yet.
    static func uuid(_ diffID: Digest?) -> [UInt8] {
        guard let diffID else { return [UInt8](repeating: 0, count: 16) }
        var bytes = stride(from: 0, to: 32, by: 2).map { place in
            UInt8(diffID.hex.dropFirst(place).prefix(2), radix: 16) ?? 0
        }
        bytes[6] = 0x80 | bytes[6] & 0x0F
        bytes[8] = 0x80 | bytes[8] & 0x3F
        return bytes
    }

    private func describe(_ error: any Error) -> any Error {
        error is CancellationError ? error : ImageError.system("convert \(name)", error)
    }
}
