import AgentProtocol
import NBD
import OCI
package import Registry
import SystemPackage

/// The disk of an image whose layers are not all here, divided as the layer disk of a machine is (`LayerDisk`).
///
/// QEMU refuses to join anything but local files into a VMDK (tried with Debian's 7.2, whose VMDK driver takes no name
/// with a protocol), so the disk is served as a whole.
package struct LazyImageDisk: BlockSource {
    /// The number of bytes.
    package let size = LayerDisk.size
    private let parts: [(start: Int64, source: any BlockSource)]
    private let missing: [LazyDisk]

    /// Opens an image's layers.
    ///
    /// - Parameter client: fetches what is missing, as long as the disk is used.
    package init(_ image: Image, with client: RegistryClient) throws {
        let layers = try LayerStack(image.layers, of: image.displayName).layers
        let sources = try layers.map { try Self.open($0, client) }
        missing = sources.compactMap { $0 as? LazyDisk }
        parts = sources.enumerated().map { (LayerDisk.offset(of: $0 + 1), $1) }
    }

    private static func open(
        _ layer: Layer,
        _ client: RegistryClient
    ) throws -> any BlockSource {
        guard let source = layer.source else { return try FileBlocks(layer.disk, size: layer.size) }
        let origin = try ImageReference(source.reference)
        let folder = LazyFolder(path: layer.disk.removingLastComponent())
        return try LazyDisk(folder, source) { try await client.bytes($0, of: source.disk, in: origin) }
    }

    /// Reads layers, and zeros where there are none.
    package func read(_ range: Range<Int64>) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        for (start, source) in parts {
            let wanted = range.clamped(to: start..<start + source.size)
            guard !wanted.isEmpty else { continue }
            bytes += [UInt8](repeating: 0, count: Int(wanted.lowerBound - range.lowerBound) - bytes.count)
            bytes += try await source.read(wanted.lowerBound - start..<wanted.upperBound - start)
        }
        return bytes + [UInt8](repeating: 0, count: range.count - bytes.count)
    }

    /// Fetches what is missing, layer by layer; afterwards the image starts like any other.
    package func fill() async throws {
        for disk in missing { try await disk.fill() }
    }
}
