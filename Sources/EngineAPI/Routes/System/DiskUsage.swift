import HTTPTypes
import Images
import OCI
import Pods

/// The answer of `GET /system/df`.
struct DiskUsage: Encodable {
    private struct Container: Encodable {
        let id: String
        let names: [String]
        let image: String
        let imageID: String
        let command: String
        let created: Int64
        let state: String
        let status: String
        let writable: Int64 = 0
        let root: Int64 = 0

        enum CodingKeys: String, CodingKey {
            case id = "Id"
            case names = "Names"
            case image = "Image"
            case imageID = "ImageID"
            case command = "Command"
            case created = "Created"
            case state = "State"
            case status = "Status"
            case writable = "SizeRw"
            case root = "SizeRootFs"
        }

        private static func word(_ state: PodState) -> String {
            switch state {
            case .created: "created"
            case .running: "running"
            case .paused: "paused"
            case .restarting: "restarting"
            case .exited: "exited"
            }
        }

        init(_ pod: PodSummary) {
            let record = pod.record
            (id, names, image, imageID) = (record.id, ["/\(record.name)"], record.spec.image, record.imageID)
            command = record.commandLine.joined(separator: " ")
            created = record.created / 1_000_000_000
            state = Self.word(pod.state)
            status = state
        }
    }

    private var layers: Int64 = 0
    private var images: [ImageSummary]?
    private var containers: [Container]?
    private var volumes: [String]?
    private var buildCache: [String]?
    private let builder: Int64 = 0

    enum CodingKeys: String, CodingKey {
        case layers = "LayersSize"
        case images = "Images"
        case containers = "Containers"
        case volumes = "Volumes"
        case buildCache = "BuildCache"
        case builder = "BuilderSize"
    }

    /// Measures what is asked for; everything when nothing in particular is.
    static func measure(_ services: EngineServices, _ query: EngineQuery, _ version: APIVersion) async throws
        -> DiskUsage
    {
        let types = Set(query.all("type"))
        if let stranger = types.subtracting(["build-cache", "container", "image", "volume"]).sorted().first {
            throw EngineError(.badRequest, "unknown object type: \(printable(stranger.utf8))")
        }
        let wants = { (type: String) in types.isEmpty || types.contains(type) }
        var usage = DiskUsage()
        if wants("volume") { usage.volumes = [] }
        if wants("build-cache") { usage.buildCache = [] }
        if wants("container") { usage.containers = try await services.pods.list().map(Container.init) }
        guard wants("image") else { return usage }
        let pods = services.pods
        (usage.layers, usage.images) = try await OffPool.run { try images(pods, version) }
        return usage
    }

    private static func images(_ pods: PodService, _ version: APIVersion) throws -> (Int64, [ImageSummary]) {
        let usage = try pods.images.usage()
        let users = try pods.imageUsers()
        let naming = ImageNaming(defaultDomain: pods.images.defaultDomain)
        let summaries = usage.images.map { item in
            var summary = ImageSummary(item.image, item.image.references, naming, version)
            summary.sharedSize = item.shared
            summary.containers = users[item.image.id]?.count ?? 0
            return summary
        }
        return (usage.blobs + usage.disks, summaries)
    }
}
