import Linux
import OCI
import SystemPackage

/// Takes the bytes of a layer's archive as they come and puts them into a file.
package struct LayerSink: ~Copyable {
    /// Written at once; a thread is started for each time.
    private static let batch = 1 << 20

    private let file: OwnedFD
    private let limit: Int64
    private var buffer: [UInt8] = []
    private var written: Int64 = 0

    init(_ path: FilePath, limit: Int64) throws(ImageError) {
        file = try File.create(path)
        self.limit = limit
    }

    /// Adds bytes.
    ///
    /// - Throws: `.refused` for more than a layer may have, `.noSpace`.
    package mutating func write(_ bytes: [UInt8]) async throws {
        buffer += bytes
        if buffer.count >= Self.batch { try await flush() }
    }

    mutating func flush() async throws {
        written += Int64(buffer.count)
        guard written <= limit else {
            throw ImageError(.refused, "the changes are larger than \(limit) bytes, the most that a layer may have")
        }
        let (bytes, target) = (buffer, file.descriptor)
        buffer = []
        try await Blocking.run { _ in
            do { _ = try target.writeAll(bytes) } catch { throw ImageError.system("write the layer", error) }
        }
    }
}
