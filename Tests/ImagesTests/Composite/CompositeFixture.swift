import Foundation
import OCI
import SystemPackage
import TestSupport

@testable import Images

/// Layers of made-up bytes, and a disk over them.
struct CompositeFixture {
    let folder: FilePath
    let layers: [Layer]

    /// Makes layers of one to five pages, each of its own byte pattern.
    init(_ count: Int, in folder: FilePath) throws {
        self.folder = folder
        layers = try (0..<count).map { index in
            let bytes = Self.content(index)
            let path = folder.appending("layer \(index)")
            try Data(bytes).write(to: URL(filePath: path.string))
            return Layer(diffID: Digest(hashing: bytes), disk: path, size: Int64(bytes.count))
        }
    }

    /// Writes the disk to one file.
    func write() throws -> FilePath {
        let disk = try CompositeDisk(layers, of: "test")
        let content = layers.indices.flatMap(Self.content)
        let path = folder.appending("image")
        try Data(disk.head + content + disk.tail).write(to: URL(filePath: path.string))
        return path
    }

    static func content(_ index: Int) -> [UInt8] {
        (0..<(1 + index % 5) * 4096).map { UInt8(truncatingIfNeeded: $0 &* (2 * index + 3) &+ index) }
    }
}
