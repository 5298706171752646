import Linux
import OCI
import SystemPackage

extension ImageStore {
    /// Removes a name, and with its last name the image and the layers that no other image has.
    ///
    /// Whoever has a layer's disk open keeps it until it is closed. The call waits for other changes to the store,
    /// which take milliseconds.
    /// - Parameter nameOrID: a name; or an id if the image has at most one name.
    package func remove(_ nameOrID: String) throws {
        let (staging, stale) = try Staging.create(in: layout)
        for folder in stale { try folder.discard() }
        do {
            try unlink(nameOrID, into: staging)
        } catch {
            try? staging.discard()
            throw error
        }
        try staging.discard()
    }

    /// Does the part under the lock: what is to be deleted is moved aside, because deleting it may take long.
    private func unlink(_ nameOrID: String, into staging: Staging) throws {
        let lock = try FileLock.acquire(layout.lock)
        defer { withExtendedLifetime(lock) {} }
        var references = try References(layout.references)
        let id = try resolve(nameOrID, references)
        guard File.regularSize(layout.image(id)) != nil else { throw ImageError.notFound(nameOrID) }
        try untag(nameOrID, id, &references)
        try references.write(layout.references)
        guard references.names(of: id).isEmpty else { return }
        try File.remove(layout.image(id))
        try AtomicFile.syncDirectory(layout.images)
        try dropUnreachableLayers(into: staging)
    }

    private func untag(_ nameOrID: String, _ id: Digest, _ references: inout References) throws(ImageError) {
        if let name = try? ImageReference(nameOrID), references.images[name] == id {
            references.remove(name)
            return
        }
        let names = references.names(of: id)
        guard names.count <= 1 else {
            let list = names.map(\.description).joined(separator: ", ")
            throw ImageError(.ambiguous, "image \"\(nameOrID)\" has several names (remove them one by one: \(list))")
        }
        for name in names { references.remove(name) }
    }

    private func dropUnreachableLayers(into staging: Staging) throws {
        var reachable: Set<String> = []
        for id in ids() {
            guard let blob = try File.read(layout.image(id), limit: 8 << 20) else { continue }
            reachable.formUnion(try ImageConfiguration(blob: blob).diffIDs.map(\.hex))
        }
        for name in File.names(in: layout.layers) where !reachable.contains(name) {
            try File.move(layout.layers.appending(name), to: staging.layers.appending(name))
        }
    }
}
