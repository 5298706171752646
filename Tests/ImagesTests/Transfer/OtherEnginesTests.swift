import FoundationEssentials
import Images
import Linux
import OCI
import SystemPackage
import TestSupport
import Testing

/// What we save is loaded by the other engines, and what they save by us.
@Suite("Exchange with other engines", .enabled(if: StoreFixture.isPossible, StoreFixture.reason), .serialized)
struct OtherEnginesTests {
    /// An image of two layers, whose second deletes something, as an archive of ours.
    private func saved(_ fixture: StoreFixture) async throws -> Image {
        var (base, top) = (TarBuilder(), TarBuilder())
        base.add("bin/", .folder, mode: 0o755)
        base.add("bin/gone", .file)
        base.add("bin/kept", .file, Array("kept\n".utf8), mode: 0o4755)
        top.add("bin/", .folder, mode: 0o755)
        top.add("bin/.wh.gone", .file)
        let image = try await fixture.load([base, top], tag: "exchange:v1")
        let file = try OwnedFD.open(fixture.folder.appending("ours.tar"), .writeOnly, options: [.create, .truncate])
        try await fixture.store.save(["exchange:v1"], format: .docker, to: file.descriptor)
        return image
    }

    @Test("docker", .enabled(if: Shell.has("dockerd", "docker"), "needs docker.io"), .timeLimit(.minutes(3)))
    func docker() async throws {
        try await StoreFixture.with { fixture in
            let image = try await saved(fixture)
            // A daemon without network in a namespace of its own; it is waited for by its own pid file and socket.
            let text = try await Shell.script(
                """
                cat > inside <<'END'
                export DOCKER_HOST=unix://$PWD/sock
                dockerd --data-root $PWD/data --exec-root $PWD/exec --pidfile $PWD/pid -H $DOCKER_HOST \
                --bridge=none --iptables=false --ip6tables=false --storage-driver=vfs >daemon.log 2>&1 &
                daemon=$!
                trap 'kill $daemon; wait $daemon || true' EXIT
                for try in $(seq 300); do docker version >/dev/null 2>&1 && break; sleep 0.1; done
                docker load -q -i ours.tar
                docker image inspect --format '{{.Id}} {{len .RootFS.Layers}}' exchange:v1
                docker save -o theirs.tar exchange:v1
                END
                unshare -n sh -eu inside || { tail -5 daemon.log; exit 1; }
                """,
                in: fixture.folder
            )
            #expect(text.contains("\(image.id) 2"), "\(text)")
            try fixture.store.remove("exchange:v1")
            let back = try await fixture.store.load(archive: fixture.folder.appending("theirs.tar"))
            #expect(back.first?.id == image.id)
            #expect(back.first?.references == image.references)
        }
    }

    @Test("podman", .enabled(if: Shell.has("podman"), "needs podman"), .timeLimit(.minutes(3)))
    func podman() async throws {
        try await StoreFixture.with { fixture in
            let image = try await saved(fixture)
            let text = try await Shell.script(
                """
                export HOME=$PWD
                pod() { podman --root $PWD/data --runroot $PWD/run --storage-driver vfs "$@"; }
                pod load -q -i ours.tar
                pod image inspect --format '{{.Id}} {{len .RootFS.Layers}}' exchange:v1
                pod save -q -o theirs.tar exchange:v1
                """,
                in: fixture.folder
            )
            #expect(text.contains("\(image.id.hex) 2"), "\(text)")
            try fixture.store.remove("exchange:v1")
            let back = try await fixture.store.load(archive: fixture.folder.appending("theirs.tar"))
            #expect(back.first?.id == image.id)
        }
    }

    @Test(
        "an image that buildah built",
        .enabled(if: Shell.has("buildah") && LocalRegistry.isInstalled, "needs buildah and docker-registry"),
        .timeLimit(.minutes(3))
    )
    func buildah() async throws {
        try await LocalRegistry.with { registry in
            try await StoreFixture.with { fixture in
                let name = "\(registry.name)/built:v1"
                try await Shell.script(
                    """
                    export HOME=$PWD
                    build() { buildah --root $PWD/data --runroot $PWD/run --storage-driver vfs "$@"; }
                    mkdir -p files/etc; echo built > files/etc/issue; chmod 640 files/etc/issue
                    container=$(build from scratch)
                    build copy -q $container files /
                    build config --cmd '["show"]' --env KIND=test $container
                    build commit -q --format docker $container \(name)
                    build push -q --tls-verify=false \(name)
                    """,
                    in: fixture.folder
                )
                let image = try await fixture.pull(name)
                #expect(image.manifest.digest.description == (try await fixture.skopeoDigest(name)))
                #expect(image.manifest.mediaType == MediaType.dockerManifest)
                #expect(image.configuration.command == ["show"])
                #expect(image.configuration.environment.contains("KIND=test"))
                #expect(try await fixture.inside(image, "cat etc/issue; stat -c %a etc/issue") == "built\n640\n")
            }
        }
    }
}
