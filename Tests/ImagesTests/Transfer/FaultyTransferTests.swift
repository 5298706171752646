import FoundationEssentials
import Images
import OCI
import Registry
import Synchronization
import SystemPackage
import TestSupport
import Testing

@Suite("Transfers that meet trouble", .enabled(if: StoreFixture.isPossible, StoreFixture.reason))
struct FaultyTransferTests {
    /// An image of one layer whose file no compressor shortens.
    private struct Sample {
        let layer: [UInt8]
        let layerDigest: String

        init(in registry: FaultyRegistry, size: Int = 3_000_000, mediaType: String = MediaType.layer) throws {
            var generator = SystemRandomNumberGenerator()
            var tar = TarBuilder()
            tar.add("f", .file, (0..<size).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
            layer = tar.finished
            let blob = Descriptor(of: layer, mediaType: mediaType)
            layerDigest = blob.digest.description
            let configuration = Array(
                #"{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":["\#(blob.digest)"]}}"#.utf8
            )
            let config = Descriptor(of: configuration, mediaType: MediaType.configuration)
            let manifest = try Manifest(config: config, layers: [blob]).blob()
            registry.add(blob: layer)
            registry.add(blob: configuration)
            registry.add(manifest: manifest, type: MediaType.manifest, tag: "v1")
        }
    }

    @Test("a hundred pulls at once, by two stores, fetch each blob once")
    func crowd() async throws {
        try await FaultyRegistry.with { registry in
            try await StoreFixture.with { fixture in
                let sample = try Sample(in: registry)
                let name = try ImageReference("\(registry.name)/app:v1")
                let other = try ImageStore(root: fixture.root)
                let ids = try await StoreFixture.withClient { client in
                    try await withThrowingTaskGroup(of: Digest.self) { group in
                        for number in 0..<100 {
                            let store = number % 2 == 0 ? fixture.store : other
                            group.addTask { try await store.pull(name, with: client).id }
                        }
                        return try await group.reduce(into: Set<Digest>()) { $0.insert($1) }
                    }
                }
                #expect(ids.count == 1)
                #expect(registry.requests("GET", sample.layerDigest).count == 1)
                #expect(registry.requests("GET", "/blobs/").count == 2)
                #expect(fixture.names("ingest") == [] && fixture.names("staging") == [])
                try fixture.store.verify(fixture.store.image("\(name)"))
            }
        }
    }

    @Test("a pull that failed half-way continues there, and showed nothing meanwhile")
    func resume() async throws {
        let isBroken = Switch(true)
        try await FaultyRegistry.with { request, _, good in
            var answer = good()
            guard request.method == "GET", request.path.contains("/blobs/"), answer.body.count > 100_000 else {
                return answer
            }
            // Each connection dies after a little of what it was asked for.
            if isBroken.value { answer.cutAt = 200_000 }
            return answer
        } _: { registry in
            try await StoreFixture.with { fixture in
                let sample = try Sample(in: registry)
                let name = "\(registry.name)/app:v1"
                let error = await #expect(throws: ImageError.self) { try await fixture.pull(name) }
                #expect(error?.message.contains(sample.layerDigest) == true, "\(error?.message ?? "")")
                #expect(try fixture.store.list() == [])
                #expect(fixture.names("blobs/sha256") == [] && fixture.names("layers") == [])
                isBroken.value = false
                let before = registry.requests.count
                let image = try await fixture.pull(name)
                let last = try #require(registry.requests[before...].last { $0.path.contains(sample.layerDigest) })
                let range = try #require(last.header("Range"))
                #expect(range.hasPrefix("bytes=") && range != "bytes=0-")
                try fixture.store.verify(image)
                #expect(fixture.names("ingest") == [])
            }
        }
    }

    @Test("a byte that is not as published is never kept")
    func corrupt() async throws {
        try await FaultyRegistry.with { request, _, good in
            var answer = good()
            if request.method == "GET", answer.body.count > 100_000 { answer.body[70_000] ^= 1 }
            return answer
        } _: { registry in
            try await StoreFixture.with { fixture in
                let sample = try Sample(in: registry)
                let error = await #expect(throws: ImageError.self) {
                    try await fixture.pull("\(registry.name)/app:v1")
                }
                #expect(error?.code == .digestMismatch)
                #expect(error?.message.contains(sample.layerDigest) == true, "\(error?.message ?? "")")
                #expect(try fixture.store.prune().deleted == [])
                fixture.expectEmpty()
            }
        }
    }

    @Test("a configuration that lies about its layer is refused, and the layer's disk is not kept")
    func wrongDiffID() async throws {
        try await FaultyRegistry.with { registry in
            try await StoreFixture.with { fixture in
                var tar = TarBuilder()
                tar.add("f", .file)
                let layer = tar.finished
                let wrong = Digest(hashing: [1])
                let configuration = Array(
                    #"{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":["\#(wrong)"]}}"#.utf8
                )
                let manifest = try Manifest(
                    config: Descriptor(of: configuration, mediaType: MediaType.configuration),
                    layers: [Descriptor(of: layer, mediaType: MediaType.layer)]
                ).blob()
                for blob in [layer, configuration] { registry.add(blob: blob) }
                registry.add(manifest: manifest, type: MediaType.manifest, tag: "v1")
                let error = await #expect(throws: ImageError.self) {
                    try await fixture.pull("\(registry.name)/app:v1")
                }
                #expect(error?.code == .digestMismatch)
                _ = try fixture.store.prune()
                fixture.expectEmpty()
            }
        }
    }

    @Test("foreign layers are refused by name")
    func foreign() async throws {
        try await FaultyRegistry.with { registry in
            try await StoreFixture.with { fixture in
                let type = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
                let sample = try Sample(in: registry, size: 10, mediaType: type)
                await fixture.expectFailure(.unsupported, "layer \(sample.layerDigest) is foreign") {
                    _ = try await fixture.pull("\(registry.name)/app:v1")
                }
            }
        }
    }

    @Test("a cancelled pull ends, and the next one has what it fetched")
    func cancelled() async throws {
        let isSlow = Switch(true)
        try await FaultyRegistry.with { request, _, good in
            var answer = good()
            if request.method == "GET", answer.body.count > 100_000, isSlow.value { answer.stallsAt = 1_000_000 }
            return answer
        } _: { registry in
            try await StoreFixture.with { fixture in
                _ = try Sample(in: registry)
                let name = "\(registry.name)/app:v1"
                let news = News()
                let (arrived, signal) = AsyncStream.makeStream(of: Void.self)
                await withTaskGroup(of: Void.self) { group in
                    group.addTask {
                        _ = try? await StoreFixture.withClient { client in
                            try await fixture.store.pull(ImageReference(name), with: client) { message in
                                news.take(message)
                                if message.current ?? 0 >= 500_000 { signal.yield() }
                            }
                        }
                    }
                    for await _ in arrived { break }
                    group.cancelAll()
                }
                #expect(try fixture.store.list() == [])
                isSlow.value = false
                _ = try await fixture.pull(name)
                let ranges = registry.requests("GET", "/blobs/").compactMap { $0.header("Range") }
                #expect(ranges.last.map { $0 != "bytes=0-" } == true)
            }
        }
    }
}

/// A setting that a server's script looks at.
private final class Switch: Sendable {
    private let state: Mutex<Bool>

    init(_ value: Bool) {
        state = Mutex(value)
    }

    var value: Bool {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }
}
