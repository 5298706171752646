import FoundationEssentials
import Images
import OCI
import SystemPackage
import TestSupport

/// An OCI layout in a folder, written by hand so that tests can break each part of it.
struct OCIFixture {
    let folder: FilePath
    /// The program that compresses the layer.
    var compress = "gzip"
    /// Whether an index has a second manifest for another platform, which is not there.
    var otherPlatform = false
    /// What the manifest says beyond the truth about the layer's size.
    var extraSize = 0
    /// A change to the layer's blob after everything was computed.
    var corrupt: (inout Data) -> Void = { _ in }

    init(_ folder: FilePath, compress: String = "gzip", otherPlatform: Bool = false) {
        self.folder = folder
        self.compress = compress
        self.otherPlatform = otherPlatform
    }

    func write() async throws -> FilePath {
        let layout = folder.appending("layout")
        try await Shell.run(["mkdir", "-p", "\(layout)/blobs/sha256"])
        var tar = TarBuilder()
        tar.add("f", .file, Array("content".utf8))
        let plain = folder.appending("layer")
        try Data(tar.finished).write(to: URL(filePath: plain.string))
        try await Shell.script("\(compress) -c layer > layer.z", in: folder)
        var layer = try Data(contentsOf: URL(filePath: folder.appending("layer.z").string))
        let diffID = Digest(hashing: tar.finished)
        let config = #"{"os":"linux","architecture":"amd64","rootfs":{"diff_ids":["\#(diffID)"]}}"#
        let layerDigest = Digest(hashing: Array(layer))
        let layerText = #"{"digest":"\#(layerDigest)","size":\#(layer.count + extraSize)}"#
        let manifest = #"{"config":\#(try blob(config, layout)),"layers":[\#(layerText)]}"#
        corrupt(&layer)
        try layer.write(to: URL(filePath: "\(layout)/blobs/sha256/\(layerDigest.hex)"))
        try Data(index(try blob(manifest, layout)).utf8).write(to: URL(filePath: "\(layout)/index.json"))
        try Data(#"{"imageLayoutVersion":"1.0.0"}"#.utf8).write(to: URL(filePath: "\(layout)/oci-layout"))
        return layout
    }

    private func index(_ descriptor: String) -> String {
        guard otherPlatform else { return #"{"manifests":[\#(descriptor)]}"# }
        let platform = { (architecture: String) in
            #","platform":{"os":"linux","architecture":"\#(architecture)"}}"#
        }
        let missing = #"{"digest":"\#(Digest(hashing: [1]))","size":1"#
        return #"{"manifests":[\#(missing)\#(platform("arm64")),\#(descriptor.dropLast())\#(platform("amd64"))]}"#
    }

    private func blob(_ text: String, _ layout: FilePath) throws -> String {
        let digest = Digest(hashing: Array(text.utf8))
        try Data(text.utf8).write(to: URL(filePath: "\(layout)/blobs/sha256/\(digest.hex)"))
        return #"{"digest":"\#(digest)","size":\#(text.utf8.count)}"#
    }
}
