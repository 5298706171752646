import AgentProtocol
import Images
import Linux
import OCI
import Registry
import SystemPackage
import TestSupport
import Testing

@Suite(
    "Images that are fetched on demand",
    .enabled(if: StoreFixture.canTransfer, StoreFixture.transferReason)
)
struct LazyPullTests {
    @Test("the disk that is served has the layers where a machine looks for them, and in the end the image is whole")
    func roundTrip() async throws {
        try await withPublished { name, origin in
            try await StoreFixture.with { fixture in
                let image = try await fixture.pullLazily(name)
                #expect(image.isLazy)
                #expect(fixture.names("layers") == [])
                try fixture.store.verify(image)
                try await StoreFixture.withClient { client in
                    let disk = try LazyImageDisk(image, with: client)
                    try await Self.expect(disk, toHave: origin)
                    try await disk.fill()
                }
                let whole = try fixture.store.image(name)
                #expect(!whole.isLazy)
                #expect(whole.id == origin.id)
                try fixture.store.verify(whole)
                let isSame = try Self.bytes(of: whole) == Self.bytes(of: origin)
                #expect(isSame)
            }
        }
    }

    @Test("an ordinary pull takes the place of a lazy one, and fetches no published disks")
    func wholePull() async throws {
        try await withPublished { name, _ in
            try await StoreFixture.with { fixture in
                _ = try await fixture.pullLazily(name)
                let image = try await fixture.pull(name)
                #expect(!image.isLazy)
                #expect(image.layers.allSatisfy { $0.disk.starts(with: fixture.root.appending("layers")) })
                #expect(try fixture.store.referrers(of: image) == [])
                _ = try fixture.store.prune()
                #expect(fixture.names("lazy") == [])
            }
        }
    }

    @Test("a prune keeps what a lazy image needs, and its removal leaves nothing")
    func removal() async throws {
        try await withPublished { name, _ in
            try await StoreFixture.with { fixture in
                let image = try await fixture.pullLazily(name)
                _ = try fixture.store.prune()
                #expect(fixture.names("lazy").count == 1 + image.layers.count)
                try fixture.store.remove(name)
                #expect(fixture.names("lazy") == [])
                fixture.expectEmpty()
            }
        }
    }

    @Test("what cannot be fetched on demand is refused with a reason")
    func refused() async throws {
        try await LocalRegistry.with { registry in
            try await StoreFixture.with { fixture in
                let name = "\(registry.name)/team/app:v1"
                try await fixture.publish(name)
                let missing = await #expect(throws: ImageError.self) { _ = try await fixture.pullLazily(name) }
                #expect(missing?.message.contains("no disks are published") == true)
                #expect(fixture.names("lazy") == [])
                #expect(fixture.names("staging") == [])
                let digest = try await fixture.skopeoDigest(name)
                let pinned = "\(registry.name)/team/app@\(digest)"
                let error = await #expect(throws: ImageError.self) { try await fixture.pullLazily(pinned) }
                #expect(error?.code == .invalidArgument)
            }
        }
    }

    @Test("an equal image of another repository gets no say in what a lazy one contains")
    func otherPublisher() async throws {
        try await withPublished { name, origin in
            let other = name.replacing("team/app", with: "stranger/app")
            try await StoreFixture.with { fixture in
                let copy = try await fixture.pull(name)
                try fixture.store.tag(copy.id.description, as: ImageReference(other))
                try await fixture.pushDisks(other)
                try await StoreFixture.with { victim in
                    _ = try await victim.pullLazily(name)
                    let error = await #expect(throws: ImageError.self) { try await victim.pullLazily(other) }
                    #expect(error?.code == .refused)
                    #expect(origin.id == copy.id)
                }
            }
        }
    }

    @Test("a registry that has gone is an error of the read, and what was fetched can still be read")
    func registryGone() async throws {
        try await LocalRegistry.with { registry in
            try await StoreFixture.with { origin in
                let name = "\(registry.name)/team/app:v1"
                try await origin.publish(name)
                _ = try await origin.pull(name)
                try await origin.pushDisks(name)
                try await StoreFixture.with { fixture in
                    let image = try await fixture.pullLazily(name)
                    try await StoreFixture.withClient { client in
                        let disk = try LazyImageDisk(image, with: client)
                        let start = LayerDisk.offset(of: 1)
                        let bytes = try await disk.read(start..<start + 4096)
                        registry.kill()
                        await #expect(throws: ImageError.self) {
                            for (index, layer) in image.layers.enumerated() {
                                let start = LayerDisk.offset(of: index + 1)
                                _ = try await disk.read(start..<start + layer.size)
                            }
                        }
                        let again = try await disk.read(start..<start + 4096)
                        #expect(bytes == again)
                    }
                }
            }
        }
    }

    /// Runs a body with an image on a registry with its disks, and the image as its publisher has it.
    private func withPublished(_ body: (String, Image) async throws -> Void) async throws {
        try await LocalRegistry.with { registry in
            try await StoreFixture.with { fixture in
                let name = "\(registry.name)/team/app:v1"
                try await fixture.publish(name)
                let image = try await fixture.pull(name)
                try await fixture.pushDisks(name)
                try await body(name, image)
            }
        }
    }

    private static func bytes(of image: Image) throws -> [UInt8] {
        try image.layers.flatMap { try WholeFile.read($0.disk, limit: 8 << 20) }
    }

    /// Makes sure that each layer is in its slot, with zeros around.
    private static func expect(_ disk: LazyImageDisk, toHave image: Image) async throws {
        #expect(disk.size == LayerDisk.size)
        for (index, layer) in image.layers.enumerated() {
            let start = LayerDisk.offset(of: index + 1)
            let bytes = try await disk.read(start - 512..<start + layer.size + 512)
            let edge = [UInt8](repeating: 0, count: 512)
            let isSame = try bytes == edge + WholeFile.read(layer.disk, limit: 8 << 20) + edge
            #expect(isSame, "layer \(index)")
        }
        let ends = try await (disk.read(0..<4096), disk.read(disk.size - 4096..<disk.size))
        #expect(ends == ([UInt8](repeating: 0, count: 4096), [UInt8](repeating: 0, count: 4096)))
    }
}

extension StoreFixture {
    fileprivate func pullLazily(_ name: String) async throws -> Image {
        try await Self.withClient { client in try await store.pullLazily(ImageReference(name), with: client) }
    }

    /// Pushes an image with its disks.
    fileprivate func pushDisks(_ name: String) async throws {
        try await Self.withClient { client in
            let reference = try ImageReference(name)
            _ = try await store.push(reference, with: client)
            _ = try await store.pushDisks(of: reference, with: client)
        }
    }
}
