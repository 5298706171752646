import FoundationEssentials
import OCI
import SystemPackage
import TestSupport
import Testing

@testable import Images

/// A folder to convert layers in.
struct LayerFixture {
    enum Packing: String, CaseIterable, Sendable {
        case plain = "cat"
        case gzip = "gzip -c"
        case zstd = "zstd -qc"
    }

    let folder: FilePath
    var limits = Limits()

    var disk: FilePath { folder.appending("disk") }
    var converter: LayerConverter {
        LayerConverter(tools: Toolbox(searchPath: ImageStore.defaultSearchPath), limits: limits)
    }

    static func with(_ body: (LayerFixture) async throws -> Void) async throws {
        try await withTemporaryFolder { try await body(LayerFixture(folder: $0)) }
    }

    /// Packs bytes into a blob, a part of a larger file as in an archive.
    func blob(_ bytes: [UInt8], _ packing: Packing) async throws -> FileRegion {
        try write(bytes, "plain")
        try await Shell.script("(printf front; \(packing.rawValue) plain; printf back) > blob", in: folder)
        let path = folder.appending("blob")
        return FileRegion(path: path, offset: 5, length: try path.stat().size - 9)
    }

    func write(_ bytes: [UInt8], _ name: String) throws {
        try Data(bytes).write(to: URL(filePath: folder.appending(name).string))
    }

    func region(_ name: String) throws -> FileRegion {
        let path = folder.appending(name)
        return FileRegion(path: path, offset: 0, length: try path.stat().size)
    }

    func convert(_ bytes: [UInt8], _ packing: Packing = .plain, diffID: Digest? = nil) async throws -> ConvertedLayer {
        try await converter.convert(blob(bytes, packing), diffID: diffID, to: disk)
    }

    /// Expects that work fails with this code and these words, and that no disk is left.
    func expectFailure(
        _ code: ImageError.Code,
        _ words: String,
        _ location: SourceLocation = #_sourceLocation,
        _ work: () async throws -> Void
    ) async {
        let error = await #expect(throws: ImageError.self, sourceLocation: location) { try await work() }
        #expect(error?.code == code, "\(error?.message ?? "")", sourceLocation: location)
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")", sourceLocation: location)
        expectNothing(location)
    }

    func expectNothing(_ location: SourceLocation = #_sourceLocation) {
        #expect(!FileManager.default.fileExists(atPath: disk.string), sourceLocation: location)
    }
}
