import Linux
import OCI
import SystemPackage

/// A layer's plain tar archive in staging.
struct LayerArchive: Sendable {
    let path: FilePath
    let limits: Limits
    /// What to call the layer in messages.
    let name: String

    /// Hands out every entry in order.
    func forEach(_ flag: CancellationFlag, _ body: (TarEntry) throws -> Void) throws {
        var reader = try TarReader(path)
        while let entry = try reader.next() {
            try flag.check()
            try body(entry)
        }
    }

    /// Checks the archive and writes it anew for the unpacking program.
    ///
    /// Marks of deletion become what overlayfs understands. The copy starts with a header of ours, so nobody can
    /// pass off another format, which the check would not have seen, as a layer.
    func rewrite(to target: FilePath, _ flag: CancellationFlag) throws {
        let plan = try LayerPlan(self, flag)
        let output = try File.create(target)
        let write = { (bytes: UnsafeRawBufferPointer) throws in
            do { _ = try output.descriptor.writeAll(bytes) } catch {
                throw ImageError.system("write \(target)", error)
            }
        }
        let root = TarEntry(path: Array(".".utf8), kind: .folder, mode: 0o755)
        try TarWriter.member(root).withUnsafeBytes(write)
        for span in try spans(flag) {
            try FileRegion(path: path, offset: span.lowerBound, length: Int64(span.count)).forEachChunk { chunk in
                try flag.check()
                try write(chunk)
            }
        }
        for member in plan.members { try member.withUnsafeBytes(write) }
        try TarWriter.end.withUnsafeBytes(write)
    }

    /// The runs of the archive that stay as they are.
    private func spans(_ flag: CancellationFlag) throws -> [Range<Int64>] {
        var spans: [Range<Int64>] = []
        try forEach(flag) { entry in
            guard !LayerPlan.isMark(entry) else { return }
            if let last = spans.last, last.upperBound == entry.span.lowerBound {
                spans[spans.count - 1] = last.lowerBound..<entry.span.upperBound
            } else {
                spans.append(entry.span)
            }
        }
        return spans
    }
}
