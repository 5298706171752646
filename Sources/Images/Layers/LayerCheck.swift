import OCI

/// Refuses a layer that asks for too much, or that tries to write outside its own folder.
///
/// bsdtar refuses most of this itself; checking before anything is written names the entry, and holds even if that
/// program has a flaw.
struct LayerCheck {
    let limits: Limits
    /// What to call the layer in messages.
    let name: String

    private var entries = 0
    private var bytes: Int64 = 0
    private var symbolicLinks: Set<[UInt8]> = []

    init(limits: Limits, name: String) {
        self.limits = limits
        self.name = name
    }

    /// Checks the next entry.
    mutating func take(_ entry: TarEntry) throws(ImageError) {
        entries += 1
        bytes = bytes.addingReportingOverflow(entry.size).overflow ? .max : bytes + entry.size
        guard entries <= limits.entries else {
            throw ImageError(.refused, "\(name) has more than \(limits.entries) entries")
        }
        guard bytes <= limits.layerBytes else {
            throw ImageError(.refused, "\(name) is larger than \(limits.layerBytes) bytes when unpacked")
        }
        try check(entry.path, "entry", entry)
        if entry.kind == .hardLink { try check(entry.link, "the target of hard link", entry) }
        if entry.kind == .symbolicLink {
            guard entry.link.count <= limits.pathBytes else {
                throw refusal("the target of link", entry, "is too long")
            }
            symbolicLinks.insert(Self.joined(entry.components[...]))
        }
    }

    private func check(_ path: [UInt8], _ what: String, _ entry: TarEntry) throws(ImageError) {
        guard !path.isEmpty, path.count <= limits.pathBytes else { throw refusal(what, entry, "is empty or too long") }
        guard !path.contains(0) else { throw refusal(what, entry, "contains a zero byte") }
        // umoci writes the root folder itself as "/".
        guard path.first != UInt8(ascii: "/") || entry.isRoot else {
            throw refusal(what, entry, "has an absolute name")
        }
        let parts = path.split(separator: UInt8(ascii: "/")).filter { !$0.elementsEqual(".".utf8) }
        guard !parts.contains(where: { $0.elementsEqual("..".utf8) }) else {
            throw refusal(what, entry, "climbs out of its folder")
        }
        guard parts.allSatisfy({ $0.count <= 255 }) else { throw refusal(what, entry, "has a part over 255 bytes") }
        try checkParents(parts, what, entry)
    }

    /// A link of this layer on the way would let an entry land anywhere.
    private func checkParents(
        _ parts: [ArraySlice<UInt8>],
        _ what: String,
        _ entry: TarEntry
    ) throws(ImageError) {
        guard !symbolicLinks.isEmpty, parts.count > 1 else { return }
        for count in 1..<parts.count where symbolicLinks.contains(Self.joined(parts.prefix(count))) {
            throw refusal(what, entry, "goes through a symbolic link of the same layer")
        }
    }

    private func refusal(_ what: String, _ entry: TarEntry, _ reason: String) -> ImageError {
        ImageError(.refused, "\(name) is refused: \(what) \"\(entry.printableName)\" \(reason)")
    }

    private static func joined(_ components: some Collection<ArraySlice<UInt8>>) -> [UInt8] {
        Array(components.joined(separator: [UInt8(ascii: "/")]))
    }
}
