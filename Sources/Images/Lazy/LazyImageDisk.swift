import NBD
import OCI
package import Registry
import SystemPackage

/// The disk of an image whose layers are not all here: byte for byte the one that `CompositeDisk` makes of them.
///
/// QEMU refuses to join anything but local files into a VMDK (tried with Debian's 7.2, whose VMDK driver takes no name
/// with a protocol), so the disk is served as a whole.
package struct LazyImageDisk: BlockSource {
    /// The number of bytes.
    package let size: Int64
    private let parts: [(start: Int64, source: any BlockSource)]
    private let missing: [LazyDisk]

    /// Opens an image's layers.
    ///
    /// - Parameter client: fetches what is missing, as long as the disk is used.
    package init(_ image: Image, with client: RegistryClient) throws {
        let composite = try CompositeDisk(image.layers, of: image.displayName)
        var sources: [any BlockSource] = [MemoryBlocks(bytes: composite.head)]
        for layer in image.layers { sources.append(try Self.open(layer, client)) }
        sources.append(MemoryBlocks(bytes: composite.tail))
        missing = sources.compactMap { $0 as? LazyDisk }
        var parts: [(start: Int64, source: any BlockSource)] = []
        var end: Int64 = 0
        for source in sources {
            parts.append((end, source))
            end += source.size
        }
        self.parts = parts
        size = end
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

    package func read(_ range: Range<Int64>) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        for (start, source) in parts {
            let wanted = range.clamped(to: start..<start + source.size)
            guard !wanted.isEmpty else { continue }
            bytes += try await source.read(wanted.lowerBound - start..<wanted.upperBound - start)
        }
        return bytes
    }

    /// Fetches what is missing, layer by layer; afterwards the image starts like any other.
    package func fill() async throws {
        for disk in missing { try await disk.fill() }
    }
}
