package import Images
package import OCI

extension PodService {
    /// Removes an image or one of its names; an image that a pod was made from stays.
    ///
    /// - Parameter force: whether an id stands for all of the image's names.
    @discardableResult
    package func removeImage(
        _ nameOrID: String,
        force: Bool = false
    ) throws -> (names: [ImageReference], image: Digest?) {
        try images.remove(nameOrID, force: force) { image in
            guard let user = try imageUsers()[image.id]?.first else { return }
            throw PodsError(
                .conflict,
                "image \"\(nameOrID)\" is used by container \"\(user)\" (remove it first with \"apus rm \(user)\")"
            )
        }
    }

    /// Removes images that no pod was made from: those without a name, or all.
    package func pruneImages(all: Bool) throws -> Pruned {
        try images.prune(all: all) { try imageUsers()[$0] != nil }
    }

    /// The names of the pods that were made from each image.
    package func imageUsers() throws -> [Digest: [String]] {
        try store.list().reduce(into: [:]) { users, record in
            if let id = try? Digest(record.imageID) { users[id, default: []].append(record.name) }
        }
    }
}

extension PodService {
    /// Makes an image of what the container of a running pod has changed.
    ///
    /// - Parameters:
    ///   - name: the image's name, if it gets one.
    ///   - pause: whether the container's processes stand still while the changes are read.
    package func commit(
        _ nameOrID: String,
        as name: ImageReference?,
        note: CommitNote,
        pause: Bool = true
    ) async throws -> Image {
        let record = try store.find(nameOrID)
        var note = note
        note.createdBy = record.commandLine.joined(separator: " ")
        return try await images.commit(on: record.imageID, as: name, note: note) { sink in
            try await archiveChanges(of: record.id, pause: pause) { archive in
                for try await bytes in archive { try await sink.write(bytes) }
            }
        }
    }
}
