import Hummingbird
import NIOCore
import Pods

/// Puts the files of an archive that a client sends into a folder of a container.
struct ArchiveUpload {
    let pods: PodService
    let pod: String
    let folder: ContainerPath

    /// Reads the archive to its end; what was written before something cannot be stays.
    func run(_ body: RequestBody) async throws {
        let events = ArchiveEvents(body)
        while let event = try await events.next() {
            guard case .member(let member) = event, let path = try folder.appending(member.path) else { continue }
            switch member.kind {
            case .folder: try await expectFolder(path)
            case .file: try await write(member, to: path, events)
            case .symbolicLink, .hardLink, .other:
                throw EngineError(
                    .badRequest,
                    "\"\(member.path.prefix(200))\" is no file: only files can be copied into a container yet"
                )
            }
        }
    }

    private func write(
        _ member: TarScanner.Member,
        to path: ContainerPath,
        _ events: ArchiveEvents
    ) async throws {
        try await pods.writeFile(pod, path.text, mode: member.mode) { write in
            while case .content(let bytes)? = try await events.next() { try await write(Array(bytes)) }
        }
    }

    /// The container's agent makes files, but no folders.
    private func expectFolder(_ path: ContainerPath) async throws {
        let size = try? await pods.readFile(pod, path.text, atMost: 1) { size, _ in size.map { _ in false } ?? true }
        guard size == true else {
            throw EngineError(
                .badRequest,
                "\(path.text.prefix(200)) is no folder of the container: folders cannot be made from outside yet "
                    + "(docker exec CONTAINER mkdir -p \(path.text.prefix(200)))"
            )
        }
    }
}

/// The members of an archive in a request's body, one after another.
final class ArchiveEvents {
    // Only the task that reads the archive uses it.
    nonisolated(unsafe) private var body: RequestBody.AsyncIterator
    private var scanner = TarScanner()
    private var waiting: ArraySlice<TarScanner.Event> = []

    init(_ body: RequestBody) { self.body = body.makeAsyncIterator() }

    /// The next event, or `nil` at the end of a whole archive.
    func next() async throws -> TarScanner.Event? {
        while true {
            if let event = waiting.popFirst() { return event }
            guard let buffer = try await body.next() else {
                guard scanner.isWhole else { throw EngineError(.badRequest, "the archive breaks off") }
                return nil
            }
            do {
                waiting = try scanner.take(Array(buffer.readableBytesView))[...]
            } catch {
                throw EngineError(.badRequest, error.message)
            }
        }
    }
}
