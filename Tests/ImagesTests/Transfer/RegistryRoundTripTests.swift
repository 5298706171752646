import FoundationEssentials
import Images
import OCI
import Registry
import SystemPackage
import TestSupport
import Testing

@Suite("Exchange with a registry", .enabled(if: StoreFixture.canTransfer, StoreFixture.transferReason))
struct RegistryRoundTripTests {
    @Test("what skopeo pushed is pulled, and what we push has the same digest and is read by skopeo")
    func plain() async throws {
        try await LocalRegistry.with { registry in
            try await StoreFixture.with { fixture in
                let (from, target) = ("\(registry.name)/a/source:v1", "\(registry.name)/b/target:v2")
                try await fixture.publish(from)
                let image = try await fixture.pull(from)
                #expect(image.manifest.digest.description == (try await fixture.skopeoDigest(from)))
                #expect(image.configuration.command == ["run"])
                #expect(try await fixture.inside(image, "cat bin/x more; ls bin") == "hello\nmore\nx\ny\n")
                try fixture.store.tag(from, as: ImageReference(target))
                let news = News()
                let digest = try await fixture.push(target, news: news)
                #expect(digest == image.manifest.digest)
                #expect(try await fixture.skopeoDigest(target) == digest.description)
                #expect(news.statuses().contains("Mounted from a/source"))
                let again = News()
                _ = try await fixture.push(target, news: again)
                #expect(again.statuses().filter { $0 == "Layer already exists" }.count == 4)
                #expect(again.all.last?.pushed?.digest == digest.description)
                #expect(fixture.names("ingest") == [] && fixture.names("staging") == [])
            }
        }
    }

    @Test("a registry with TLS and passwords is used with its authority and a login, and refused without")
    func secured() async throws {
        let options = LocalRegistry.Options(isTLS: true, login: ("me", "se:cret"))
        try await LocalRegistry.with(options) { registry in
            try await StoreFixture.with { fixture in
                let name = "\(registry.name)/private/app:v1"
                let login = RegistryCredentials.password(user: "me", password: "se:cret")
                let endpoint = RegistryEndpoint(
                    host: "127.0.0.1",
                    port: registry.port,
                    security: .verified(authorities: [registry.authority])
                )
                let configuration = RegistryConfiguration(hosts: [registry.name: .init(endpoint: endpoint)])
                try await fixture.publish(name, "--dest-tls-verify=false --dest-creds me:se:cret")
                let image = try await fixture.pull(name, configuration, login: login)
                try fixture.store.tag(name, as: ImageReference("\(registry.name)/private/app:v2"))
                let digest = try await fixture.push("\(registry.name)/private/app:v2", configuration, login: login)
                #expect(digest == image.manifest.digest)
                try fixture.store.remove(image.id.description, force: true)
                await fixture.expectFailure(.unauthorized, "needs a login") {
                    _ = try await fixture.pull(name, configuration)
                }
                let wrong = RegistryCredentials.password(user: "me", password: "wrong")
                await fixture.expectFailure(.unauthorized, registry.name) {
                    _ = try await fixture.pull(name, configuration, login: wrong)
                }
            }
        }
    }

    @Test("layers with gzip, with zstd and without compression are pulled", arguments: ["gzip", "zstd", "none"])
    func compressions(kind: String) async throws {
        try await LocalRegistry.with { registry in
            try await StoreFixture.with { fixture in
                let name = "\(registry.name)/app:v1"
                let option = kind == "none" ? "--dest-decompress" : "--dest-compress-format \(kind) --dest-compress"
                try await fixture.publish("\(registry.name)/first:v1")
                try await Shell.script(
                    """
                    skopeo copy -q \(option) oci:lay:v dir:plain
                    skopeo copy -q --dest-tls-verify=false dir:plain docker://\(name)
                    """,
                    in: fixture.folder
                )
                let image = try await fixture.pull(name)
                #expect(image.manifest.digest.description == (try await fixture.skopeoDigest(name)))
                #expect(try await fixture.inside(image, "cat bin/y more") == "hello\nmore\n")
            }
        }
    }

    @Test("an index is followed to this machine's image, and names, digests and what is attached are kept")
    func index() async throws {
        try await LocalRegistry.with { registry in
            try await StoreFixture.with { fixture in
                let name = "\(registry.name)/app"
                try await fixture.publish("\(name):amd")
                let ours = try await fixture.pull("\(name):amd")
                let index = try await StoreFixture.withClient { client in
                    try await Self.publishIndex(over: ours, name, client)
                }
                let image = try await fixture.pull("\(name):multi")
                #expect(image.target.digest == index && image.manifest == ours.manifest)
                #expect(image.digests.contains("\(name)@\(index)"))
                #expect(try await fixture.pull("\(name)@\(index)").id == image.id)
                #expect(try fixture.store.image("\(name)@\(index)").id == image.id)
                #expect(try fixture.store.referrers(of: image).map(\.artifactType) == ["application/vnd.test.sbom"])
                for reference in image.references { try fixture.store.remove(reference.description) }
                for left in try fixture.store.list() { try fixture.store.remove(left.id.description, force: true) }
                fixture.expectEmpty()
                #expect(fixture.names("referrers") == [])
            }
        }
    }

    /// Publishes an index over an image and one of another machine that does not exist, and attaches an SBOM to it.
    private static func publishIndex(over image: Image, _ name: String, _ client: RegistryClient) async throws -> Digest
    {
        var ours = image.manifest
        ours.platform = .init(architecture: "amd64", os: "linux")
        var attestation = image.manifest
        attestation.platform = .init(architecture: "unknown", os: "unknown")
        let index = try Manifest(manifests: [attestation, ours]).blob()
        let reference = try ImageReference("\(name):multi")
        let digest = try await client.upload(manifest: index, mediaType: MediaType.index, to: reference)
        try await withTemporaryFolder { folder in
            let sbom = Array("a list of parts".utf8)
            let file = folder.appending("sbom")
            for bytes in [sbom, Array("{}".utf8)] {
                try Data(bytes).write(to: URL(filePath: file.string))
                let blob = Descriptor(of: bytes, mediaType: "text/plain")
                _ = try await client.upload(blob, from: file, to: reference, mountFrom: []) { _ in }
            }
            var artifact = Manifest(
                config: Descriptor(of: Array("{}".utf8), mediaType: MediaType.empty),
                layers: [Descriptor(of: sbom, mediaType: "text/plain")]
            )
            artifact.artifactType = "application/vnd.test.sbom"
            artifact.subject = Descriptor(of: index, mediaType: MediaType.index)
            let bytes = try artifact.blob()
            let pinned = try ImageReference("\(name)@\(Digest(hashing: bytes))")
            _ = try await client.upload(manifest: bytes, mediaType: MediaType.manifest, to: pinned)
            var listed = Descriptor(of: bytes, mediaType: MediaType.manifest)
            listed.artifactType = artifact.artifactType
            let list = try Manifest(manifests: [listed]).blob()
            let tag = try ImageReference("\(name):sha256-\(digest.hex)")
            _ = try await client.upload(manifest: list, mediaType: MediaType.index, to: tag)
        }
        return digest
    }

    @Test("an imported image is compressed by its push, keeps its id, and others read it")
    func imported() async throws {
        try await LocalRegistry.with { registry in
            try await StoreFixture.with { fixture in
                let name = "\(registry.name)/made/here:v1"
                try await Shell.script("mkdir -p root/d; echo text > root/d/f; chmod 700 root/d", in: fixture.folder)
                let image = try await fixture.store.importRootFS(
                    from: fixture.folder.appending("root"),
                    as: ImageReference(name)
                )
                let digest = try await fixture.push(name)
                #expect(digest != image.manifest.digest)
                #expect(try fixture.store.image(name).id == image.id)
                #expect(try fixture.store.image(name).manifest.digest == digest)
                #expect(try fixture.store.prune().deleted == [])
                try await Shell.script(
                    """
                    export HOME=$PWD
                    skopeo copy -q --src-tls-verify=false docker://\(name) oci:out:v
                    umoci unpack --image out:v bundle
                    [ "$(cat bundle/rootfs/d/f)" = text ]; [ $(stat -c %a bundle/rootfs/d) = 700 ]
                    """,
                    in: fixture.folder
                )
                try fixture.store.remove(name)
                #expect(try await fixture.pull(name).id == image.id)
            }
        }
    }

    @Test("a name that is not there, and a tag that cannot be pushed, are refused in one line")
    func refusals() async throws {
        try await LocalRegistry.with { registry in
            try await StoreFixture.with { fixture in
                await fixture.expectFailure(.notFound, "\(registry.name)/no/such:v1") {
                    _ = try await fixture.pull("\(registry.name)/no/such:v1")
                }
                await fixture.expectFailure(.notFound, "image \"\(registry.name)/mine:v1\" not found") {
                    _ = try await fixture.push("\(registry.name)/mine:v1")
                }
            }
        }
    }
}
