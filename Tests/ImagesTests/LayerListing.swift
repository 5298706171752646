import EROFS
import FoundationEssentials
import Linux
import SystemPackage

@testable import Images

/// What a layer's tree holds, one line for each name, so that tests can say what they expect.
///
/// `etc/passwd file 644 0:0`, with `-> target`, `device 1:3`, `size`, attributes and marks where there are any.
enum LayerListing {
    /// Applies an archive; contents go to a disk that nobody reads.
    static func lines(of bytes: [UInt8], limits: Limits = Limits()) throws -> [String] {
        var reader = TarReader(
            TarSource(name: "layer", canSeek: false) { buffer, position in
                let rest = bytes.dropFirst(Int(position)).prefix(buffer.count)
                buffer.copyBytes(from: rest)
                return rest.count
            }
        )
        var tree = LayerTree(limits: limits, name: "layer")
        var writer = try DiskWriter(unlinkedFile(), uuid: LayerPass.uuid(nil))
        while let entry = try reader.next() {
            try tree.apply(entry) { try LayerPass.write(entry, from: &reader, to: &writer) }
        }
        tree.dropIdleMarks()
        return lines(of: tree)
    }

    private static func unlinkedFile() throws -> OwnedFD {
        let path = FilePath(FileManager.default.temporaryDirectory.path)
            .appending("listing-\(UInt64.random(in: .min ... .max))")
        defer { try? FileManager.default.removeItem(atPath: path.string) }
        return try OwnedFD.open(path, .readWrite, options: [.create, .exclusiveCreate])
    }

    private static func lines(of tree: LayerTree) -> [String] {
        var lines: [String] = []
        var rest: [(FileTree.Node, String)] = [(tree.files.root, "")]
        while let (node, path) = rest.popLast() {
            if !path.isEmpty || tree.opaque.contains(node) { lines.append(describe(node, path, tree)) }
            tree.files.forEachChild(of: node) { name, child in
                rest.append((child, (path.isEmpty ? "" : path + "/") + String(decoding: name, as: UTF8.self)))
            }
        }
        return lines.sorted()
    }

    private static func describe(_ node: FileTree.Node, _ path: String, _ tree: LayerTree) -> String {
        let attributes = tree.files.attributes(of: node)
        if tree.isWhiteout(node) { return "\(path) deleted" }
        var words = [path, kind(tree.files.content(of: node)), String(attributes.permissions, radix: 8)]
        words.append("\(attributes.userID):\(attributes.groupID)")
        if attributes.modified != 1_000_000_000 || attributes.modifiedNanoseconds != 0 {
            words.append("at \(attributes.modified).\(attributes.modifiedNanoseconds)")
        }
        for attribute in attributes.extended {
            let name = String(decoding: attribute.name, as: UTF8.self)
            words.append("\(name)=\(attribute.value.map { String($0, radix: 16) }.joined())")
        }
        if tree.implicit.contains(node) { words.append("implicit") }
        return words.joined(separator: " ")
    }

    private static func kind(_ content: FileContent) -> String {
        switch content {
        case .folder: "folder"
        case .file: "file"
        case .symbolicLink(let target): "-> \(String(decoding: target, as: UTF8.self))"
        case .characterDevice(let major, let minor): "character \(major):\(minor)"
        case .blockDevice(let major, let minor): "block \(major):\(minor)"
        case .pipe: "pipe"
        case .socket: "socket"
        }
    }
}
