import SystemPackage
import TestSupport
import Testing

extension EndToEnd {
    /// Images of many layers: one disk, one slot a layer, also beyond those that a template has partitions for.
    @Suite struct LayersTests {
        @Test(
            "a container sees all layers of its image as one tree, up to the most that there may be",
            arguments: [40, 127, 128]
        )
        func merged(count: Int) async throws {
            try await withNode { node in
                let archive = try await LayeredImage.archive(layers: count, in: node.folder, name: "layered")
                try await node.succeed("load", "-i", archive.string)
                let script = "cat /last; ls /only; cat /layers/* | wc -l; cat /layers/1 /layers/20"
                let finished = try await node.apus("run", "--rm", "layered", "sh", "-c", script)
                #expect(
                    finished.lines == ["\(count - 1)", "\(count - 1)", "\(count - 1)", "1", "20"],
                    "\(finished.error)"
                )
            }
        }
    }
}
