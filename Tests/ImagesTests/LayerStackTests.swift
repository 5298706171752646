import AgentProtocol
import OCI
import SystemPackage
import Testing

@testable import Images

@Suite("What a machine takes of an image")
struct LayerStackTests {
    private static let digest = Digest(hashing: [1])

    private static func layer(size: Int64 = 4096) -> Layer { Layer(diffID: digest, disk: "/disk", size: size) }

    @Test("as many layers as there may be are taken as they are", arguments: [1, 127, 128])
    func taken(count: Int) throws {
        let layers = (0..<count).map { Layer(diffID: Digest(hashing: [UInt8($0)]), disk: "/disk", size: 4096) }
        #expect(try LayerStack(layers, of: "web").layers == layers)
        #expect(try LayerStack([Self.layer(size: LayerDisk.slotSize)], of: "web").layers.count == 1)
    }

    @Test("no layers, and more than there may be, are refused by the image's name", arguments: [0, 129])
    func count(count: Int) {
        let error = #expect(throws: ImageError.self) {
            try LayerStack(Array(repeating: Self.layer(), count: count), of: "web")
        }
        #expect(error?.code == .unsupported)
        #expect(error?.message.contains("image \"web\" has \(count) layers") == true)
    }

    @Test("a layer that the store has lost, or that is no whole disk, is refused", arguments: [0, -4096, 4095])
    func damaged(size: Int64) {
        let error = #expect(throws: ImageError.self) { try LayerStack([Self.layer(size: size)], of: "web") }
        #expect(error?.code == .damaged)
        #expect(error?.message.contains(Self.digest.description) == true)
    }

    @Test("a layer that no slot is large enough for is refused by its name", arguments: [4096, 1 << 60])
    func tooLarge(more: Int64) {
        let size = LayerDisk.slotSize + more
        let error = #expect(throws: ImageError.self) { try LayerStack([Self.layer(size: size)], of: "web") }
        #expect(error?.code == .unsupported)
        #expect(error?.message.hasPrefix("layer \(Self.digest) of image \"web\" has \(size) bytes") == true)
    }
}
