import OCI
import SystemPackage

/// The images of a store, by name: its `index.json`.
///
/// One small file, replaced as a whole: a reader sees all of a change or nothing of it. Other tools may read it, but
/// what they write to it is lost with our next change.
struct StoreIndex: Sendable {
    /// A name for a manifest or index; or what keeps an image that has lost its name.
    struct Entry: Sendable, Hashable {
        var name: ImageReference?
        /// What a registry would serve under the name.
        var target: Descriptor
        /// The digest of the configuration that the target leads to on this machine.
        var id: Digest
    }

    /// The annotation that holds a name; the specification leaves the form of its value to the layout's owner.
    private static let nameKey = "org.opencontainers.image.ref.name"
    /// The annotation that holds an image's id, so that finding one needs no other file.
    private static let idKey = "apus.image.id"

    private(set) var entries: [Entry]

    /// Reads the file; there are no images where there is no file yet.
    init(_ path: FilePath) throws(ImageError) {
        guard let bytes = try File.read(path, limit: 64 << 20) else {
            entries = []
            return
        }
        let index = try JSONFile.decode(Manifest.self, bytes, name: "\(path)", code: .damaged)
        var entries: [Entry] = []
        for descriptor in index.manifests ?? [] {
            if let entry = try Self.entry(descriptor) { entries.append(entry) }
        }
        self.entries = entries
    }

    private static func entry(_ descriptor: Descriptor) throws(ImageError) -> Entry? {
        guard let id = descriptor.annotation(idKey) else { return nil }
        var name: ImageReference?
        if let text = descriptor.annotation(nameKey) { name = try ImageReference(text) }
        return Entry(name: name, target: descriptor.bare, id: try Digest(id))
    }

    /// The names of an image, whichever of its manifests they point to, sorted.
    func names(of id: Digest) -> [ImageReference] {
        entries.compactMap { $0.id == id ? $0.name : nil }.sorted()
    }

    /// Finds what a name points to; one with a digest fits any name of its repository that points there.
    func entry(_ name: ImageReference) -> Entry? {
        if let entry = entries.first(where: { $0.name == name }) { return entry }
        guard let digest = name.digest else { return nil }
        return entries.first {
            $0.target.digest == digest && $0.name?.domain == name.domain && $0.name?.path == name.path
        }
    }

    /// Gives a name to an image; one that had it before stays, without a name if that was its last.
    mutating func set(_ name: ImageReference, to target: Descriptor, id: Digest) {
        entries.removeAll { $0.name == nil && $0.id == id }
        let old = entries.first { $0.name == name }
        entries.removeAll { $0.name == name }
        entries.append(Entry(name: name, target: target, id: id))
        if let old { keep(old.target, id: old.id) }
    }

    /// Keeps an image that has no name.
    mutating func keep(_ target: Descriptor, id: Digest) {
        guard !entries.contains(where: { $0.id == id }) else { return }
        entries.append(Entry(name: nil, target: target, id: id))
    }

    mutating func remove(_ isGone: (Entry) -> Bool) {
        entries.removeAll(where: isGone)
    }

    /// Lets every name of one manifest point to another that says the same of the image.
    mutating func replace(_ target: Descriptor, by other: Descriptor) {
        for index in entries.indices where entries[index].target == target { entries[index].target = other }
    }

    func write(_ path: FilePath) throws {
        let descriptors = entries.sorted { $0.sortKey < $1.sortKey }.map { entry in
            var descriptor = entry.target
            descriptor.annotations = [Self.idKey: entry.id.description]
            if let name = entry.name { descriptor.annotations?[Self.nameKey] = name.canonical }
            return descriptor
        }
        try File.writeAtomically(try Manifest(manifests: descriptors).blob(), to: path)
    }
}

extension StoreIndex.Entry {
    fileprivate var sortKey: String { (name?.canonical ?? "") + id.hex }
}
