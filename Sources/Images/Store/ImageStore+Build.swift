import Linux
import OCI
import SystemPackage

extension ImageStore {
    /// Gives work a staging folder, and removes it afterwards whatever happened.
    func withStaging<Success: Sendable>(_ body: (Staging) async throws -> Success) async throws -> Success {
        let layout = layout
        let (staging, stale) = try await Blocking.run { _ in try Staging.create(in: layout) }
        do {
            try await discard(stale)
            let result = try await body(staging)
            try await discard([staging])
            return result
        } catch {
            // The failure of the work is what the caller has to hear; the next change sweeps what stays.
            try? await discard([staging])
            throw error
        }
    }

    private func discard(_ folders: [Staging]) async throws {
        try await Blocking.run { _ in
            for folder in folders { try folder.discard() }
        }
    }

    /// Turns layers into disks.
    var converter: LayerConverter { LayerConverter(tools: tools, limits: limits) }

    /// Puts a finished layer, safely on disk, in its staging folder.
    func finish(_ layer: ConvertedLayer, in folder: LayerFolder) async throws {
        try await Blocking.run { _ in try folder.writeRecord(size: layer.diskSize) }
        try await tools.run(
            .sync,
            [folder.disk.string, folder.path.string],
            purpose: "write \(folder.disk)",
            failure: .system
        )
        guard folder.isIntact else {
            throw ImageError(.system, "layer \(layer.diffID.hex.prefix(12)) has no valid disk")
        }
    }

    /// Makes built images visible, all together.
    func commit(
        _ images: [(blob: [UInt8], names: [ImageReference])],
        from staging: Staging
    ) async throws -> [Image] {
        try await Blocking.run { _ in
            let lock = try FileLock.acquire(layout.lock)
            defer { withExtendedLifetime(lock) {} }
            try publishLayers(of: staging)
            var references = try References(layout.references)
            for image in images {
                let id = Digest(hashing: image.blob)
                try AtomicFile.write(image.blob, to: layout.image(id))
                for name in image.names { references.set(name, to: id) }
            }
            try references.write(layout.references)
            return try images.compactMap { try read(Digest(hashing: $0.blob), references) }
        }
    }

    /// Renames staged layers into place; a damaged layer makes room for its whole copy.
    private func publishLayers(of staging: Staging) throws {
        for name in File.names(in: staging.layers) {
            let target = LayerFolder(path: layout.layers.appending(name))
            if target.isIntact { continue }
            if File.names(in: layout.layers).contains(name) {
                try File.move(target.path, to: staging.path.appending("damaged-\(name)"))
            }
            try File.move(staging.layers.appending(name), to: target.path)
        }
        try AtomicFile.syncDirectory(layout.layers)
    }
}
