import Linux
import OCI
import SystemPackage

/// The names in the store, each with its image.
///
/// One small file, replaced as a whole: a reader sees all of a change or nothing of it.
struct References: Sendable {
    private(set) var images: [ImageReference: Digest]

    private struct Document: Codable {
        let references: [String: Digest]
    }

    /// Reads the file; there are no names where there is no file yet.
    init(_ path: FilePath) throws(ImageError) {
        guard let bytes = try File.read(path, limit: 64 << 20) else {
            images = [:]
            return
        }
        let document = try JSONFile.decode(Document.self, bytes, name: "\(path)", code: .damaged)
        var images: [ImageReference: Digest] = [:]
        for (name, id) in document.references { images[try ImageReference(name)] = id }
        self.images = images
    }

    func names(of id: Digest) -> [ImageReference] {
        images.filter { $0.value == id }.keys.sorted()
    }

    mutating func set(_ name: ImageReference, to id: Digest) {
        images[name] = id
    }

    mutating func remove(_ name: ImageReference) {
        images[name] = nil
    }

    func write(_ path: FilePath) throws {
        let names = images.map { ($0.key.canonical, $0.value) }
        let document = Document(references: Dictionary(names, uniquingKeysWith: { first, _ in first }))
        try AtomicFile.write(JSONFile.encode(document), to: path)
    }
}
