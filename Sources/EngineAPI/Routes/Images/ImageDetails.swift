import FoundationEssentials
import Images
import OCI
import SystemPackage

/// The answer of `GET /images/{name}/json`: what the image's configuration says, in Docker's arrangement.
struct ImageDetails: Encodable {
    private let json: JSONValue

    init(_ store: ImageStore, _ image: Image, _ version: APIVersion) throws {
        let blob = try JSONFile.decode(
            JSONValue.self,
            store.configurationBlob(of: image),
            name: "the configuration of \(image.displayName)"
        )
        let naming = ImageNaming(defaultDomain: store.defaultDomain)
        let steps = image.configuration.history
        var members: [String: JSONValue] = [
            "Id": .string(image.id.description),
            "RepoTags": .texts(image.references.filter { $0.digest == nil }.map(naming.text)),
            "RepoDigests": .texts(naming.digests(image.references, image)),
            "Parent": .string(""), "Comment": .string(steps.last?.comment ?? ""),
            "Created": blob["created"] ?? .string("0001-01-01T00:00:00Z"), "DockerVersion": .string(""),
            "Author": blob["author"] ?? .string(""), "Config": Self.config(blob["config"]),
            "Architecture": .string(image.configuration.architecture), "Os": .string(image.configuration.os),
            "Size": .integer(image.size),
            "GraphDriver": .object(["Name": .string("erofs"), "Data": .object(["Disks": Self.disks(image)])]),
            "RootFS": .object([
                "Type": .string("layers"), "Layers": .texts(image.configuration.diffIDs.map(\.description)),
            ]),
            "Metadata": .object(["LastTagTime": .string("0001-01-01T00:00:00Z")]),
        ]
        if let variant = blob["variant"] { members["Variant"] = variant }
        if version.minor < 45 {
            members["Container"] = .string("")
            members["ContainerConfig"] = Self.config(nil)
        }
        if version.minor < 44 { members["VirtualSize"] = .integer(image.size) }
        json = .object(members)
    }

    /// Clients read some fields without asking whether they are there.
    private static func config(_ config: JSONValue?) -> JSONValue {
        let standard: [String: JSONValue] = [
            "Hostname": .string(""), "Domainname": .string(""), "User": .string(""), "AttachStdin": .bool(false),
            "AttachStdout": .bool(false), "AttachStderr": .bool(false), "Tty": .bool(false), "OpenStdin": .bool(false),
            "StdinOnce": .bool(false), "Env": .null, "Cmd": .null, "Image": .string(""), "Volumes": .null,
            "WorkingDir": .string(""), "Entrypoint": .null, "OnBuild": .null, "Labels": .null,
        ]
        return .object(standard.merging(config?.members ?? [:]) { $1 })
    }

    /// GraphDriver's data are strings, one for each name.
    private static func disks(_ image: Image) -> JSONValue {
        .string(image.layers.map(\.disk.string).joined(separator: ":"))
    }

    func encode(to encoder: any Encoder) throws { try json.encode(to: encoder) }
}

/// A line of the answer of `GET /images/{name}/history`.
struct ImageHistoryLine: Encodable {
    let id: String
    let created: Int64
    let createdBy: String
    let tags: [String]?
    let size: Int64
    let comment: String

    enum CodingKeys: String, CodingKey {
        case id = "Id"
        case created = "Created"
        case createdBy = "CreatedBy"
        case tags = "Tags"
        case size = "Size"
        case comment = "Comment"
    }

    /// All lines of an image, the last step first; only that one is an image of this store.
    static func of(_ image: Image, in store: ImageStore) throws -> [ImageHistoryLine] {
        let naming = ImageNaming(defaultDomain: store.defaultDomain)
        return try store.history(of: image).enumerated().map { index, line in
            ImageHistoryLine(
                id: index == 0 ? image.id.description : "<missing>",
                created: line.step.created.map { Int64($0.timeIntervalSince1970) } ?? 0,
                createdBy: line.step.createdBy,
                tags: index == 0 ? image.references.filter { $0.digest == nil }.map(naming.text) : nil,
                size: line.size,
                comment: line.step.comment
            )
        }
    }
}
