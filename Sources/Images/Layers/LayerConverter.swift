import Linux
import OCI
import SystemPackage

struct ConvertedLayer: Sendable {
    let diffID: Digest
    let diskSize: Int64
    let uncompressedSize: Int64
}

struct LayerConverter: Sendable {
    let tools: Toolbox
    let limits: Limits

    func convert(_ blob: FileRegion, diffID: Digest?, to disk: FilePath) async throws -> ConvertedLayer {
        let work = disk.removingLastComponent().appending("work")
        try File.createFolder(work)
        let builder = LayerBuilder(tools: tools, limits: limits, work: work)
        let (tar, plain) = try await builder.fetch(blob, digest: nil, diffID: diffID)
        let size = File.regularSize(tar) ?? 0
        let length = try await builder.convert(tar, diffID: plain, to: disk)
        try File.remove(work)
        return ConvertedLayer(diffID: plain, diskSize: length, uncompressedSize: size)
    }
}
