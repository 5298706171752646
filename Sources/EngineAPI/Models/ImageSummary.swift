import FoundationEssentials
import Images
import OCI

/// An image in the answer of `GET /images/json`.
struct ImageSummary: Encodable {
    let id: String
    let parent = ""
    let tags: [String]
    let digests: [String]
    let created: Int64
    let size: Int64
    /// What clients from before API 1.44 read instead.
    let virtualSize: Int64?
    var sharedSize: Int64 = -1
    let labels: [String: String]?
    var containers = -1

    enum CodingKeys: String, CodingKey {
        case id = "Id"
        case parent = "ParentId"
        case tags = "RepoTags"
        case digests = "RepoDigests"
        case created = "Created"
        case size = "Size"
        case virtualSize = "VirtualSize"
        case sharedSize = "SharedSize"
        case labels = "Labels"
        case containers = "Containers"
    }

    /// Describes an image.
    ///
    /// - Parameters:
    ///   - references: those of its names that are asked for.
    ///   - naming: how names are written.
    init(_ image: Image, _ references: [ImageReference], _ naming: ImageNaming, _ version: APIVersion) {
        id = image.id.description
        let tags = references.filter { $0.digest == nil }.map(naming.text)
        let digests = naming.digests(references, image)
        // Before API 1.43 an image without a name had this one.
        let isNameless = tags.isEmpty && digests.isEmpty && version.minor < 43
        self.tags = isNameless ? ["<none>:<none>"] : tags
        self.digests = isNameless ? ["<none>@<none>"] : digests
        created = image.created.map { Int64($0.timeIntervalSince1970) } ?? 0
        size = image.size
        virtualSize = version.minor < 44 ? image.size : nil
        labels = image.configuration.labels.isEmpty ? nil : image.configuration.labels
    }
}

/// How a node's names of images are written: without what they mean anyway.
struct ImageNaming: Sendable {
    let defaultDomain: String

    /// A name with its tag or digest.
    func text(_ name: ImageReference) -> String {
        repository(name) + (name.tag.map { ":\($0)" } ?? "") + (name.digest.map { "@\($0)" } ?? "")
    }

    /// A name's repository.
    func repository(_ name: ImageReference) -> String { name.familiarName(defaultDomain: defaultDomain) }

    /// An image's names by digest.
    func digests(_ references: [ImageReference], _ image: Image) -> [String] {
        Set(references.map(repository)).sorted().map { "\($0)@\(image.target.digest)" }
    }
}
