import Foundation
package import SystemPackage

/// An image of many layers, each of which says something about those below it.
///
/// Layer 0 is a busybox. Layer n adds `/layers/n`, replaces `/last` by its number, deletes `/only/n-1` and adds
/// `/only/n`.
package enum LayeredImage {
    /// Makes a `docker save` archive.
    ///
    /// - Parameter count: how many layers, the busybox included.
    package static func archive(layers count: Int, in folder: FilePath, name: String) async throws -> FilePath {
        try await ImageFixtures.dockerArchive(
            in: folder,
            file: "\(name).tar",
            layers: try [base()] + (1..<count).map(layer),
            tags: ["\(name):latest"],
            settings: #"{"Cmd":["sh"],"Env":["PATH=/bin"]}"#
        )
    }

    private static func base() throws -> [UInt8] {
        var tar = TarBuilder()
        for path in ["bin", "dev", "etc", "layers", "only", "proc", "sys", "tmp"] {
            tar.add("\(path)/", .folder, mode: 0o755)
        }
        let program = try Data(contentsOf: URL(filePath: ImageFixtures.busyboxProgram))
        tar.add("bin/busybox", .file, Array(program), mode: 0o755)
        for applet in ["cat", "ls", "sh", "true", "wc"] {
            tar.add("bin/\(applet)", .symbolicLink, link: "busybox", mode: 0o777)
        }
        tar.add("only/0", .file)
        return tar.finished
    }

    private static func layer(_ number: Int) -> [UInt8] {
        var tar = TarBuilder()
        tar.add("layers/\(number)", .file, Array("\(number)\n".utf8))
        tar.add("last", .file, Array("\(number)\n".utf8))
        tar.add("only/.wh.\(number - 1)", .file)
        tar.add("only/\(number)", .file)
        return tar.finished
    }
}
