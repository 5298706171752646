import Linux
package import OCI
import SystemPackage

extension ImageStore {
    /// Gives an image one more name, or moves a name to it.
    ///
    /// - Parameter nameOrID: which image; a name keeps what it pointed to, an id takes the first of its manifests.
    package func tag(_ nameOrID: String, as name: ImageReference) throws {
        try refusePinned(name)
        try FileLock.withLock(layout.lock) {
            var catalog = try self.catalog()
            let entry = try catalog.find(nameOrID)
            catalog.index.set(name, to: entry.target, id: entry.id)
            try catalog.index.write(layout.index)
        }
    }

    /// Removes a name, and with its last name the image and what no other image needs.
    ///
    /// Whoever has a layer's disk open keeps it until it is closed. The call waits for other changes to the store,
    /// which take milliseconds.
    /// - Parameters:
    ///   - nameOrID: a name; or an id if the image has at most one name.
    ///   - force: whether an id stands for all of its names.
    ///   - check: says no by throwing when the image itself would go; nobody can begin to use it meanwhile.
    /// - Returns: the names that went, and the image's id if it is gone.
    @discardableResult
    package func remove(
        _ nameOrID: String,
        force: Bool = false,
        unless check: (Image) throws -> Void = { _ in }
    ) throws -> (names: [ImageReference], image: Digest?) {
        try sweeping { staging in
            var catalog = try self.catalog()
            let entry = try catalog.find(nameOrID)
            let names = try Self.names(nameOrID, entry, in: catalog, force: force)
            let remaining = catalog.index.names(of: entry.id).filter { !names.contains($0) }
            if remaining.isEmpty, let image = try catalog.image(entry) { try check(image) }
            catalog.index.remove { $0.id == entry.id && (remaining.isEmpty || $0.name.map(names.contains) == true) }
            try catalog.index.write(layout.index)
            try GarbageCollector(layout: layout, staging: staging).collect()
            return (names, remaining.isEmpty ? entry.id : nil)
        }
    }

    /// The names that a removal takes away.
    private static func names(
        _ nameOrID: String,
        _ entry: StoreIndex.Entry,
        in catalog: Catalog,
        force: Bool
    ) throws(ImageError) -> [ImageReference] {
        if let named = catalog.named(nameOrID)?.name { return [named] }
        let names = catalog.index.names(of: entry.id)
        guard names.count <= 1 || force else {
            let list = names.map(\.description).joined(separator: ", ")
            throw ImageError(.ambiguous, "image \"\(nameOrID)\" has several names (remove them one by one: \(list))")
        }
        return names
    }

    /// Runs a change under the store's lock with a folder for what it throws away, because deleting it may take long.
    func sweeping<Result>(_ body: (Staging) throws -> Result) throws -> Result {
        let (staging, stale) = try Staging.create(in: layout)
        for folder in stale { try folder.discard() }
        let result = Swift.Result { try FileLock.withLock(layout.lock) { try body(staging) } }
        try? staging.discard()
        return try result.get()
    }
}
