import FoundationEssentials
import HTTPTypes
import Hummingbird
import Images
import OCI
import Pods
import SystemPackage

/// Routes about images as files, and images of containers.
extension ImageRoutes {
    private var uploads: FilePath { services.uploads }

    /// `GET /images/get` and `GET /images/{name}/get`.
    func save(_ names: [String]) throws -> Response {
        let names = names.flatMap { $0.split(separator: ",").map(String.init) }
        guard !names.isEmpty else { throw EngineError(.badRequest, "an archive needs the names of images (names)") }
        let (store, events) = (store, services.events)
        return PipedAnswer.of(type: "application/x-tar") { output in
            for name in names {
                let image = try await self.image(name)
                events.publishImage("save", id: image.id.description, name: name)
            }
            try await store.save(names, format: .docker, to: output)
        }
    }

    private struct Line: Encodable { let stream: String }

    /// `POST /images/load`.
    func load(_ request: Request) -> Response {
        let (store, events, naming, uploads) = (store, services.events, naming, uploads)
        let limit = services.pods.node.imageLimits.archiveBytes
        return Response(
            status: .ok,
            headers: .json,
            body: ResponseBody { writer in
                let images = try await UploadFile.with(request.body, in: uploads, limit: limit) { upload in
                    try await upload.named { try await store.load(archive: upload.path) }
                }
                for image in images {
                    let tags = image.references.filter { $0.digest == nil }.map(naming.text)
                    for name in tags.isEmpty ? [image.id.description] : tags {
                        events.publishImage("load", id: image.id.description, name: name)
                        let text = tags.isEmpty ? "Loaded image ID: \(name)\n" : "Loaded image: \(name)\n"
                        var line = try JSONLine.encode(Line(stream: text))
                        line.writeStaticString("\r\n")
                        try await writer.write(line)
                    }
                }
                try await writer.finish(nil)
            }
        )
    }

    /// `POST /images/create?fromSrc=-`: an image of a root file system.
    func importArchive(_ request: Request) throws -> Response {
        let query = request.query
        guard query["fromSrc"] == "-" else {
            throw EngineError(
                .badRequest,
                "fromSrc is \"\(printable((query["fromSrc"] ?? "").utf8))\": only - is served, the request's own body "
                    + "(fetch the archive yourself)"
            )
        }
        let name = try query["repo"].flatMap { $0.isEmpty ? nil : try reference($0, tag: query["tag"]) }
        var changes = try DockerfileChanges(query.all("changes")).configuration
        let created = Date.now
        let comment = query["message"].flatMap { $0.isEmpty ? nil : $0 } ?? "Imported from -"
        changes.history = [ImageConfiguration.Step(created: created, comment: comment)]
        let (services, store, uploads, configuration) = (services, store, uploads, changes)
        let limit = services.pods.node.imageLimits.archiveBytes
        return ProgressAnswer.of { _ in
            let image = try await UploadFile.with(request.body, in: uploads, limit: limit) { upload in
                try await upload.named {
                    try await store.importRootFS(from: upload.path, as: name, changes: configuration, created: created)
                }
            }
            services.events.publishImage("import", id: image.id.description, name: image.displayName)
            return [ProgressMessage(image.id.description)]
        }
    }

    private struct Committed: Encodable {
        let id: String

        enum CodingKeys: String, CodingKey { case id = "Id" }
    }

    /// What of a container's configuration a commit may say in its body.
    private struct CommitConfiguration: Decodable {
        var env: [String]?
        var cmd: [String]?
        var entrypoint: [String]?
        var workingDir: String?
        var user: String?
        var labels: [String: String]?

        enum CodingKeys: String, CodingKey {
            case env = "Env"
            case cmd = "Cmd"
            case entrypoint = "Entrypoint"
            case workingDir = "WorkingDir"
            case user = "User"
            case labels = "Labels"
        }

        /// These settings, and over them what instructions say.
        func with(_ changes: ImageConfiguration) -> ImageConfiguration {
            var merged = changes
            merged.environment = (env ?? []) + changes.environment
            if merged.command.isEmpty { merged.command = cmd ?? [] }
            if merged.entrypoint.isEmpty { merged.entrypoint = entrypoint ?? [] }
            if merged.workingDirectory.isEmpty { merged.workingDirectory = workingDir ?? "" }
            if merged.user.isEmpty { merged.user = user ?? "" }
            merged.labels = (labels ?? [:]).merging(changes.labels) { $1 }
            return merged
        }
    }

    /// `POST /commit`.
    func commit(_ request: Request) async throws -> Response {
        let query = request.query
        guard let container = query["container"], !container.isEmpty else {
            throw EngineError(.badRequest, "a commit needs a container")
        }
        let name = try query["repo"].flatMap { $0.isEmpty ? nil : try reference($0, tag: query["tag"]) }
        let changes = try DockerfileChanges(query.all("changes").flatMap { $0.split(separator: "\n").map(String.init) })
        let settings = try await request.jsonIfPresent(CommitConfiguration?.self) ?? nil
        let image = try await services.pods.commit(
            container,
            as: name,
            note: CommitNote(
                changes: settings?.with(changes.configuration) ?? changes.configuration,
                author: query["author"] ?? "",
                comment: query["comment"] ?? ""
            ),
            pause: query.flag("pause", default: true)
        )
        return .json(Committed(id: image.id.description), status: .created)
    }
}

extension UploadFile {
    /// Runs a body whose failures speak of the archive, not of where it was kept for the moment.
    func named<Result>(_ body: () async throws -> Result) async throws -> Result {
        do {
            return try await body()
        } catch let error as ImageError {
            throw ImageError(error.code, error.message.replacing(path.string, with: "the archive"), cause: error.cause)
        }
    }
}
