package import FoundationEssentials
import Linux
package import OCI
import SystemPackage

/// What a commit says about the image that it makes.
package struct CommitNote: Sendable {
    /// Settings that differ from the old image's; empty ones stay as they were.
    package var changes: ImageConfiguration
    package var author: String
    package var comment: String
    /// The command whose changes these are.
    package var createdBy: String

    package init(changes: ImageConfiguration, author: String = "", comment: String = "", createdBy: String = "") {
        self.changes = changes
        self.author = author
        self.comment = comment
        self.createdBy = createdBy
    }
}

extension ImageStore {
    /// Makes an image of another one and a layer on top of it.
    ///
    /// - Parameters:
    ///   - base: the image below, by id or name.
    ///   - name: the new image's name, if it gets one.
    ///   - layer: hands over the layer's archive, plain tar.
    package func commit(
        on base: String,
        as name: ImageReference?,
        note: CommitNote,
        created: Date = .now,
        layer: (inout LayerSink) async throws -> Void
    ) async throws -> Image {
        try refusePinned(name)
        let catalog = try self.catalog()
        guard let old = try catalog.stored(try catalog.find(base)), let blob = try layout.blobs.document(old.id) else {
            throw ImageError.notFound(base)
        }
        guard old.layers.count < limits.layers else {
            throw ImageError(
                .refused,
                "image \"\(base)\" has \(old.layers.count) layers already (at most \(limits.layers))"
            )
        }
        return try await withStaging { staging in
            try hold(old, configuration: try ImageConfiguration(blob: blob), in: staging)
            let file = staging.temporary()
            var sink = try LayerSink(file, limit: limits.layerBytes)
            try await layer(&sink)
            try await sink.flush()
            let region = FileRegion(path: file, offset: 0, length: File.regularSize(file) ?? 0)
            let digest = try await Blocking.run { try region.digest($0) }
            let top = Descriptor(mediaType: MediaType.layer, digest: digest, size: region.length)
            let diffID = try await stage(file, as: top, digest, in: staging)
            let configuration = try Self.configuration(blob, diffID, note, created)
            try await stageImpliedFolders(try ImageConfiguration(blob: configuration), in: staging)
            try staging.blobs.write(configuration)
            let target = try stageManifest(configuration: configuration, layers: old.layers + [top], in: staging)
            let staged = StagedImage(target: target, id: Digest(hashing: configuration), names: name.map { [$0] } ?? [])
            guard let image = try await publish([staged], from: staging).first else {
                throw ImageError.notFound(name?.description ?? base)
            }
            return image
        }
    }

    /// Links the layers of the image below into the staging folder, so that they outlive its removal.
    private func hold(_ image: StoredImage, configuration: ImageConfiguration, in staging: Staging) throws {
        for (blob, diffID) in zip(image.layers, configuration.diffIDs) {
            guard try staging.adopt(blob, diffID, from: layout) else {
                throw ImageError(.damaged, "layer \(diffID.hex.prefix(12)) is damaged (pull or load the image again)")
            }
        }
    }

    /// The old configuration with what is new; fields that are not understood stay.
    private static func configuration(
        _ old: [UInt8],
        _ diffID: Digest,
        _ note: CommitNote,
        _ created: Date
    ) throws -> [UInt8] {
        var root = try JSONFile.decode(JSONValue.self, old, name: "the image's configuration")
        let step = ImageConfiguration.Step(
            created: created,
            createdBy: note.createdBy,
            author: note.author,
            comment: note.comment
        )
        let encoded = try JSONFile.decode(JSONValue.self, try JSONFile.encode(step), name: "history")
        root["created"] = .string(Timestamp.format(created))
        if !note.author.isEmpty { root["author"] = .string(note.author) }
        var rootfs = root["rootfs"] ?? .object([:])
        let diffIDs = rootfs["diff_ids"]?.elements ?? []
        root["history"] = .array(padded(root["history"]?.elements ?? [], layers: diffIDs.count) + [encoded])
        rootfs["diff_ids"] = .array(diffIDs + [.string(diffID.description)])
        root["rootfs"] = rootfs
        root["config"] = note.changes.applied(to: root["config"] ?? .object([:]))
        return try JSONFile.encode(root)
    }

    /// Adds steps for layers whose making nobody wrote down, so that later steps stay with their own layers.
    private static func padded(_ history: [JSONValue], layers: Int) -> [JSONValue] {
        let told = history.count { $0["empty_layer"] != .bool(true) }
        return history + [JSONValue](repeating: .object([:]), count: max(0, layers - told))
    }
}

extension ImageConfiguration {
    /// Overwrites what is set here, and merges the environment by name, as Dockerfile instructions do.
    fileprivate func applied(to config: JSONValue) -> JSONValue {
        var config = config
        let list = { (words: [String]) in JSONValue.array(words.map(JSONValue.string)) }
        if !environment.isEmpty {
            let names = Set(environment.map { $0.prefix { $0 != "=" } })
            let kept = (config["Env"]?.elements ?? []).compactMap(\.string).filter { text in
                !names.contains(text.prefix { $0 != "=" })
            }
            config["Env"] = list(kept + environment)
        }
        if !entrypoint.isEmpty { config["Entrypoint"] = list(entrypoint) }
        if !command.isEmpty { config["Cmd"] = list(command) }
        if !workingDirectory.isEmpty { config["WorkingDir"] = .string(workingDirectory) }
        if !user.isEmpty { config["User"] = .string(user) }
        if let stopSignal { config["StopSignal"] = .string(stopSignal) }
        config.add(labels.mapValues(JSONValue.string), to: "Labels")
        for (key, names) in [("ExposedPorts", exposedPorts), ("Volumes", volumes)] {
            config.add(Dictionary(names.map { ($0, .object([:])) }, uniquingKeysWith: { $1 }), to: key)
        }
        return config
    }
}

extension JSONValue {
    /// Adds members to the object that is a member of this one.
    fileprivate mutating func add(_ members: [String: JSONValue], to key: String) {
        guard !members.isEmpty else { return }
        self[key] = .object((self[key]?.members ?? [:]).merging(members) { $1 })
    }
}
