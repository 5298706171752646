import OCI
import SystemPackage
import TestSupport
import Testing

@testable import Images

/// Stacked disks against what umoci makes of the same image.
@Suite(
    "Stacked layers and unpacked images",
    .enabled(if: StoreFixture.isPossible, StoreFixture.reason),
    .enabled(if: Shell.has("skopeo", "umoci", "getfattr", "unshare"), "needs skopeo, umoci, attr and util-linux")
)
struct LayerOverlayTests {
    @Test("two layers under overlayfs equal what umoci unpacks", arguments: 0..<12 as Range<UInt64>)
    func whiteouts(seed: UInt64) async throws {
        try await StoreFixture.with { fixture in
            let (lower, upper) = RandomImage.layers(seed: seed)
            let archive = try await ImageFixtures.dockerArchive(
                in: fixture.folder,
                file: "image.tar",
                layers: [lower.finished, upper.finished],
                tags: ["random:1"]
            )
            let image = try #require(try await fixture.store.load(archive: archive).first)
            try await Shell.script(
                """
                export HOME=$PWD
                skopeo copy -q docker-archive:image.tar oci:layout:random
                umoci unpack --image layout:random bundle
                """,
                in: fixture.folder
            )
            let difference = try await fixture.inside(
                image,
                """
                list() { (
                    cd "$1"
                    find . -mindepth 1 -printf '%P %y %m %U:%G %l\\n' | LC_ALL=C sort
                    find . -type f -print0 | LC_ALL=C sort -z | xargs -0 -r sha256sum
                    find . -mindepth 1 ! -type d -printf '%P %T@\\n' | LC_ALL=C sort
                ) }
                list . > \(fixture.folder)/mounted.txt
                list \(fixture.folder)/bundle/rootfs > \(fixture.folder)/unpacked.txt
                test -s \(fixture.folder)/mounted.txt
                diff \(fixture.folder)/unpacked.txt \(fixture.folder)/mounted.txt | head -40
                """
            )
            #expect(difference == "")
        }
    }
}

/// Two layers over the same few names, so that one deletes and replaces what the other has.
enum RandomImage {
    static func layers(seed: UInt64) -> (lower: TarArchive, upper: TarArchive) {
        var random = SeededNumbers(seed: seed &+ 1000)
        var lower = TarArchive()
        var upper = TarArchive()
        lower.add("./", "5", mode: 0o755)
        upper.add("./", "5", mode: 0o755)
        var folders: Set<String> = [""]
        fill(&lower, "", depth: 0, &folders, isUpper: false, &random)
        fill(&upper, "", depth: 0, &folders, isUpper: true, &random)
        return (lower, upper)
    }

    private static func fill(
        _ layer: inout TarArchive,
        _ folder: String,
        depth: Int,
        _ folders: inout Set<String>,
        isUpper: Bool,
        _ random: inout SeededNumbers
    ) {
        for name in ["a", "b", "c", "d"] {
            let path = folder + name
            let mark = UInt8.random(in: 1...255, using: &random)
            switch Int.random(in: 0..<(isUpper ? 9 : 6), using: &random) {
            case 0, 1: layer.add(path, "0", [mark], mode: 0o640, owner: Int(mark))
            case 2: layer.add(path, "2", link: "target\(mark)")
            case 3, 4, 7:
                if !isUpper { folders.insert(path + "/") }
                layer.add(path + "/", "5", mode: 0o750, owner: Int(mark))
                if isUpper, mark % 3 == 0 { layer.add(path + "/.wh..wh..opq") }
                if depth < 3 { fill(&layer, path + "/", depth: depth + 1, &folders, isUpper: isUpper, &random) }
            // Nobody deletes what was not there: builders compare with the layers below.
            case 6 where folders.contains(folder), 8 where folders.contains(folder):
                layer.add(folder + ".wh." + name)
            default: continue
            }
        }
    }
}
