import Foundation
package import SystemPackage

/// Image archives for tests, made the way real tools lay them out.
package enum ImageFixtures {
    /// Debian's statically linked busybox.
    package static let busyboxProgram = "/bin/busybox"

    /// Whether this machine can make a busybox image.
    package static var hasBusybox: Bool { FileManager.default.isExecutableFile(atPath: busyboxProgram) }

    /// Makes a `docker save` archive of a busybox image with all applets, and files of the test's own.
    ///
    /// - Parameters:
    ///   - folder: where to put `busybox.tar`.
    ///   - extraFiles: contents by path, such as `etc/motd`; they are executable.
    ///   - name: the image's tag.
    package static func busyboxArchive(
        in folder: FilePath,
        extraFiles: [String: String] = [:],
        name: String = "busybox:latest"
    ) async throws -> FilePath {
        var layer = TarBuilder()
        for path in ["bin", "dev", "etc", "proc", "root", "sys"] { layer.add("\(path)/", .folder, mode: 0o755) }
        layer.add("tmp/", .folder, mode: 0o1777)
        layer.add("bin/busybox", .file, Array(try Data(contentsOf: URL(filePath: busyboxProgram))), mode: 0o755)
        let applets = try await Shell.run([busyboxProgram, "--list"]).split(separator: "\n")
        for applet in applets where applet != "busybox" {
            layer.add("bin/\(applet)", .symbolicLink, link: "busybox", mode: 0o777)
        }
        layer.add("etc/passwd", .file, Array("root:x:0:0:root:/root:/bin/sh\n".utf8))
        layer.add("etc/group", .file, Array("root:x:0:\n".utf8))
        for (path, content) in extraFiles.sorted(by: { $0.key < $1.key }) {
            layer.add(path, .file, Array(content.utf8), mode: 0o755)
        }
        return try await dockerArchive(
            in: folder,
            file: "busybox.tar",
            layers: [layer.finished],
            tags: [name],
            settings: #"{"Cmd":["sh"],"Env":["PATH=/bin"]}"#
        )
    }

    /// Makes a `docker save` archive of given layers.
    ///
    /// - Parameters:
    ///   - settings: the JSON of the configuration's `config`.
    ///   - diffIDs: what the configuration claims about the layers; the truth if left out.
    package static func dockerArchive(
        in folder: FilePath,
        file: String,
        layers: [[UInt8]],
        tags: [String],
        settings: String = "{}",
        diffIDs: [String]? = nil,
        architecture: String = "amd64"
    ) async throws -> FilePath {
        var truth: [String] = []
        for layer in layers { truth.append(try await sha256(layer, in: folder)) }
        let claimed = (diffIDs ?? truth).map { #""sha256:\#($0)""# }.joined(separator: ",")
        let config = Array(
            #"""
            {"architecture":"\#(architecture)","os":"linux","created":"2026-01-02T03:04:05.123456789Z",
            "config":\#(settings),"rootfs":{"type":"layers","diff_ids":[\#(claimed)]}}
            """#.utf8
        )
        let id = try await sha256(config, in: folder)
        let names = truth.map { "\"\($0).tar\"" }.joined(separator: ",")
        let repoTags = tags.map { "\"\($0)\"" }.joined(separator: ",")
        let manifest = #"[{"Config":"\#(id).json","RepoTags":[\#(repoTags)],"Layers":[\#(names)]}]"#
        var archive = TarBuilder()
        for (name, layer) in zip(truth, layers) { archive.add("\(name).tar", .file, layer) }
        archive.add("\(id).json", .file, config)
        archive.add("manifest.json", .file, Array(manifest.utf8))
        let path = folder.appending(file)
        try Data(archive.finished).write(to: URL(filePath: path.string))
        return path
    }

    private static func sha256(_ bytes: [UInt8], in folder: FilePath) async throws -> String {
        let file = folder.appending("hashed-\(UInt64.random(in: .min ... .max))")
        try Data(bytes).write(to: URL(filePath: file.string))
        defer { try? FileManager.default.removeItem(atPath: file.string) }
        return String(try await Shell.run(["/usr/bin/sha256sum", file.string]).prefix(64))
    }
}
