package import OCI
import SystemPackage

/// One disk over the files of an image's layers, one partition a layer: nothing is copied, and a machine needs one disk
/// however many layers there are (docs/benchmarks.md has what that saves).
///
/// It consists of a partition table in front, the layers' own files, and the table's second copy behind. Equal layers
/// make equal disks, bit by bit.
package struct CompositeDisk: Sendable {
    /// The most layers of an image: partition tables of the usual size have 128 entries, and Docker allows 127.
    package static let mostLayers = PartitionTable.capacity

    /// The layers, the lowest first; each is a file of the length that it says.
    package let layers: [Layer]
    private let table: PartitionTable

    /// Joins layers, the lowest first.
    ///
    /// - Parameter image: what to call their image in messages.
    /// - Throws: `ImageError` for no layers or too many, and a layer that the store has lost.
    package init(_ layers: [Layer], of image: String) throws(ImageError) {
        guard (1...Self.mostLayers).contains(layers.count) else {
            throw ImageError(
                .unsupported,
                "image \"\(image)\" has \(layers.count) layers, and takes 1 to \(Self.mostLayers) to start (squash it)"
            )
        }
        for layer in layers { try Self.check(layer) }
        self.layers = layers
        table = PartitionTable(
            guid: Self.guid(Digest(hashing: layers.flatMap { Array($0.diffID.hex.utf8) })),
            partitions: layers.enumerated().map { index, layer in
                let sectors = UInt64(layer.size) / UInt64(PartitionTable.sector)
                return PartitionTable.Partition(
                    name: "layer\(index)",
                    guid: Self.guid(layer.diffID),
                    sectors: sectors
                )
            }
        )
    }

    /// The disk's length in bytes.
    package var size: Int64 { Int64(table.sectors) * Int64(PartitionTable.sector) }

    /// What comes before the first layer.
    package var head: [UInt8] { table.head }

    /// What comes behind the last layer.
    package var tail: [UInt8] { table.tail }

    /// A bound far above every layer, under which sums of sizes cannot overflow.
    private static let largestLayer: Int64 = 1 << 50

    private static func check(_ layer: Layer) throws(ImageError) {
        guard layer.size > 0, layer.size <= largestLayer, layer.size % 4096 == 0 else {
            throw ImageError(
                .damaged,
                "layer \(layer.diffID) is damaged: its disk \(layer.disk) has \(layer.size) bytes (load the image again)"
            )
        }
    }

    /// A GUID of what a digest says: version 8 of RFC 9562, "custom", in a partition table's order of bytes.
    private static func guid(_ digest: Digest) -> [UInt8] {
        let digits = Array(digest.hex.utf8.prefix(32)).map { UInt8($0 < 0x3A ? $0 - 0x30 : $0 - 0x57) }
        var bytes = stride(from: 0, to: 32, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
        bytes[7] = bytes[7] & 0x0F | 0x80
        bytes[8] = bytes[8] & 0x3F | 0x80
        return bytes
    }
}
