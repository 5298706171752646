import EROFS
import FoundationEssentials
import Linux
import OCI
import SystemPackage

/// A hostile layer's plain bytes, from the tar reader through the tree to the disk.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzLayer(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = [UInt8](UnsafeBufferPointer(start: start, count: count))
    // A fuzzer does not guess checksums.
    let bytes = TarSamples.summed(input)
    let whole = convert(bytes, pieces: bytes.count)
    let pieces = convert(bytes, pieces: 1 + Int(input.first ?? 0))
    precondition(whole == pieces, "the pieces in which bytes arrive make a difference")
    return 0
}

/// What a layer became: its names, or why it was refused.
private func convert(_ bytes: [UInt8], pieces: Int) -> [String] {
    do {
        var reader = TarReader(
            TarSource(name: "layer", canSeek: false) { buffer, position in
                let rest = bytes.dropFirst(Int(position)).prefix(min(pieces, buffer.count))
                buffer.copyBytes(from: rest)
                return rest.count
            }
        )
        var limits = Limits()
        limits.entries = 5000
        limits.layerBytes = 1 << 20
        var tree = LayerTree(limits: limits, name: "layer")
        var writer = try DiskWriter(unlinkedFile(), uuid: [UInt8](repeating: 0, count: 16))
        while let entry = try reader.next() {
            try tree.apply(entry) { try LayerPass.write(entry, from: &reader, to: &writer) }
        }
        tree.dropIdleMarks()
        let implicit = try tree.implicitFolders().map { "\($0)" }
        let size = try writer.finish(tree.files)
        precondition(size > 0 && size % 4096 == 0, "a disk of \(size) bytes")
        return names(in: tree) + implicit
    } catch let error as ImageError {
        return [error.message]
    } catch {
        preconditionFailure("not an error for the user: \(error)")
    }
}

/// Every name of a tree; each must be one that a file can have.
private func names(in tree: LayerTree) -> [String] {
    var names: [String] = []
    var rest = [tree.files.root]
    while let folder = rest.popLast() {
        tree.files.forEachChild(of: folder) { name, child in
            precondition((1...255).contains(name.count) && !name.contains(0) && !name.contains(0x2F), "a bad name")
            precondition(!name.elementsEqual(".".utf8) && !name.elementsEqual("..".utf8), "a name of dots")
            names.append("\(Array(name)) \(tree.files.content(of: child)) \(tree.files.attributes(of: child))")
            rest.append(child)
        }
    }
    return names
}

private func unlinkedFile() throws -> OwnedFD {
    let path = FilePath(FileManager.default.temporaryDirectory.path)
        .appending("fuzz-\(UInt64.random(in: .min ... .max))")
    defer { try? FileManager.default.removeItem(atPath: path.string) }
    return try OwnedFD.open(path, .readWrite, options: [.create, .exclusiveCreate])
}
