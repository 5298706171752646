import FoundationEssentials
import Images
import OCI
import SystemPackage

/// An image as Docker's API describes it ("ImageInspect"), and what Docker does not know: disks and attachments.
struct ImageReport {
    let json: JSONValue

    init(_ store: ImageStore, _ image: Image) throws {
        let blob = try JSONFile.decode(
            JSONValue.self,
            store.configurationBlob(of: image),
            name: "the configuration of \(image.displayName)"
        )
        json = .object([
            "Id": .string(image.id.description),
            "RepoTags": .array(image.references.filter { $0.digest == nil }.map { .string($0.description) }),
            "RepoDigests": .array(image.digests.map(JSONValue.string)),
            "Created": blob["created"] ?? .null,
            "Author": blob["author"] ?? .string(""),
            "Architecture": .string(image.configuration.architecture),
            "Os": .string(image.configuration.os),
            "Size": .integer(image.size),
            "Config": blob["config"] ?? .object([:]),
            "RootFS": .object([
                "Type": .string("layers"),
                "Layers": .array(image.configuration.diffIDs.map { .string($0.description) }),
            ]),
            "Descriptor": try Self.value(image.target),
            "Manifest": try Self.value(image.manifest),
            "Disks": .array(image.layers.map(Self.disk)),
            "Attached": .array(try store.referrers(of: image).map(Self.value)),
        ])
    }

    private static func disk(_ layer: Layer) -> JSONValue {
        .object([
            "DiffId": .string(layer.diffID.description), "Path": .string(layer.disk.string),
            "Size": .integer(layer.size),
        ])
    }

    private static func value(_ descriptor: Descriptor) throws -> JSONValue {
        try JSONFile.decode(JSONValue.self, JSONFile.encode(descriptor), name: "\(descriptor.digest)")
    }
}
