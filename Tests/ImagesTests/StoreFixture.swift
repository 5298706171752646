import FoundationEssentials
import Images
import OCI
import SystemPackage
import TestSupport
import Testing

/// A store in a folder of its own.
struct StoreFixture {
    /// Whether this machine can unpack and convert layers.
    static let isPossible = Shell.isRoot && Shell.has("bsdtar", "gzip", "zstd")
    static let reason: Comment = "needs root, libarchive-tools, gzip and zstd"

    let folder: FilePath
    let store: ImageStore

    var root: FilePath { folder.appending("store") }

    init(_ folder: FilePath, limits: Limits = Limits()) throws {
        self.folder = folder
        store = try ImageStore(root: folder.appending("store"), limits: limits)
    }

    static func with(limits: Limits = Limits(), _ body: (StoreFixture) async throws -> Void) async throws {
        try await withTemporaryFolder { try await body(StoreFixture($0, limits: limits)) }
    }

    func names(_ path: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: root.appending(path).string).sorted()) ?? []
    }

    /// Makes and loads an image of these layers.
    func load(_ layers: [TarBuilder], tag: String = "test:latest") async throws -> Image {
        let archive = try await ImageFixtures.dockerArchive(
            in: folder,
            file: "\(UInt64.random(in: .min ... .max)).tar",
            layers: layers.map(\.finished),
            tags: [tag]
        )
        return try #require(try await store.load(archive: archive).first)
    }

    /// Expects that work fails with this code and these words, and leaves no trace in the store.
    func expectFailure(
        _ code: ImageError.Code,
        _ words: String,
        _ work: () async throws -> Void,
        location: SourceLocation = #_sourceLocation
    ) async {
        let error = await #expect(throws: ImageError.self, sourceLocation: location) { try await work() }
        #expect(error?.code == code, "\(error?.message ?? "")", sourceLocation: location)
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")", sourceLocation: location)
        expectEmpty(location)
    }

    func expectEmpty(_ location: SourceLocation = #_sourceLocation) {
        #expect(names("staging") == [], sourceLocation: location)
        #expect(names("layers") == [], sourceLocation: location)
        #expect(names("blobs/sha256") == [], sourceLocation: location)
        #expect(names("ingest") == [], sourceLocation: location)
    }

    /// Runs a script with an image's layers stacked by overlayfs at `$M`, in a mount namespace of its own.
    func inside(_ image: Image, _ script: String) async throws -> String {
        let stack = folder.appending("stack")
        let disks = image.layers.enumerated().map { "L\($0.offset)=\($0.element.disk)" }.joined(separator: " ")
        let lower = (0..<image.layers.count).reversed().map { "\(stack)/\($0)" }.joined(separator: ":")
        let setup = """
            mkdir -p \(stack)/m; i=0
            for pair in \(disks); do mkdir -p \(stack)/$i; mount -o loop,ro "${pair#*=}" \(stack)/$i; i=$((i+1)); done
            mkdir -p \(stack)/base; M=\(stack)/m
            mount -t overlay overlay -o lowerdir=\(lower):\(stack)/base $M
            cd $M
            """
        try await Shell.script("mkdir -p \(stack)")
        return try await Shell.run(["unshare", "-m", "sh", "-euc", "\(setup)\n\(script)"])
    }
}
