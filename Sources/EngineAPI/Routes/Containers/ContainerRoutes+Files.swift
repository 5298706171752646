import FoundationEssentials
import Hummingbird
import Images
import NIOCore
import OCI
import Pods

/// Routes of a container's files.
///
/// They are in its machine, so they can be reached while that runs, and what its agent can do is what there is: whole
/// files, one by one.
extension ContainerRoutes {
    /// The most changed paths that an answer tells.
    private static let mostChanges = 100_000

    func addFiles(to containers: RouterGroup<EngineContext>) {
        containers.get("{id}/changes") { _, context in try await changes(context) }
        containers.head("{id}/archive") { request, context in try await status(request, context) }
        containers.get("{id}/archive") { request, context in try await read(request, context) }
        containers.put("{id}/archive") { request, context in try await write(request, context) }
        containers.get("{id}/export") { _, context -> Response in
            _ = try await pod(context)
            throw EngineError(
                .notImplemented,
                "export is not supported yet (commit the container, and save the image that this makes)"
            )
        }
    }

    // MARK: Changes

    private func changes(_ context: EngineContext) async throws -> Response {
        let pod = try await running(context)
        let image = try pods.images.image(pod.record.imageID)
        let changes = try await pods.archiveChanges(of: pod.record.id, pause: false) { archive in
            var scanner = TarScanner()
            var changes: [ContainerChange] = []
            for try await bytes in archive {
                for case .member(let member) in try scanner.take(bytes) {
                    // A part of a disk that is not here says nothing: then it counts as there.
                    let change = ContainerChange(member) { (try? image.contains($0)) ?? true }
                    if let change { changes.append(change) }
                    guard changes.count <= Self.mostChanges else {
                        throw EngineError(
                            .internalServerError,
                            "the container has changed more than \(Self.mostChanges) files"
                        )
                    }
                }
            }
            return ContainerChange.own(of: changes)
        }
        return .json(changes.isEmpty ? JSONValue.null : .array(changes.map(\.json)))
    }

    /// The container that the path names, if its machine runs.
    private func running(_ context: EngineContext) async throws -> PodSummary {
        let pod = try await pod(context)
        guard pod.state.isRunning else {
            throw EngineError(
                .conflict,
                "container \(pod.record.name) is not running: its files are in its machine (start it first)"
            )
        }
        return pod
    }

    // MARK: Reading

    private func status(_ request: Request, _ context: EngineContext) async throws -> Response {
        let (pod, path) = (try await running(context), try ContainerPath(request.query))
        let size = try await self.size(of: path, in: pod)
        return Response(status: .ok, headers: try path.headers(size: size))
    }

    /// - Returns: `nil` for a folder.
    private func size(of path: ContainerPath, in pod: PodSummary) async throws -> UInt64? {
        do {
            return try await pods.readFile(pod.record.id, path.text, atMost: 1) { size, _ in size }
        } catch let error as PodsError where error.code == .notFound {
            throw EngineError(
                .notFound,
                "Could not find the file \(printable(path.text.utf8)) in container \(pod.record.name)"
            )
        }
    }

    private func read(_ request: Request, _ context: EngineContext) async throws -> Response {
        let (pod, path) = (try await running(context), try ContainerPath(request.query))
        guard let size = try await size(of: path, in: pod) else {
            throw EngineError(
                .badRequest,
                "\(printable(path.text.utf8)) is a folder: only files can be copied out of a container yet"
            )
        }
        var headers = try path.headers(size: size)
        headers[.contentType] = "application/x-tar"
        return .stream(headers) { sink in
            try await pods.readFile(pod.record.id, path.text) { size, bytes in
                // It may have become a folder since.
                guard let size else { throw EngineError(.conflict, "\(path.text) is a folder now") }
                try await send(path.name, size, bytes, to: sink)
            }
        }
    }

    /// Sends a file as an archive of its own.
    private func send(_ name: String, _ size: UInt64, _ bytes: FileBytes, to sink: BodySink) async throws {
        let now = Pods.Timestamp.now / 1_000_000_000
        try await sink.write(TarHeader.file(name, size: size, mode: 0o644, modified: now))
        var left = size
        var pieces = bytes.makeAsyncIterator()
        while left > 0, let piece = try await pieces.next() {
            try await sink.write(piece.prefix(Int(clamping: left)))
            left -= min(left, UInt64(piece.count))
        }
        guard left == 0 else { throw EngineError(.conflict, "\(name) has become shorter") }
        try await sink.write(TarHeader.padding(after: size) + TarHeader.end)
    }

    // MARK: Writing

    private func write(_ request: Request, _ context: EngineContext) async throws -> Response {
        let (pod, folder) = (try await running(context), try ContainerPath(request.query))
        guard try await size(of: folder, in: pod) == nil else {
            throw EngineError(.badRequest, "\(printable(folder.text.utf8)) is no folder")
        }
        try await ArchiveUpload(pods: pods, pod: pod.record.id, folder: folder).run(request.body)
        return Response(status: .ok)
    }
}
