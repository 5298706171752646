import AsyncHTTPClient
import NIOHTTP1
import OCI

/// The upload of one blob, over as many tries as it takes (distribution specification, "Pushing blobs").
struct BlobUpload {
    /// Where the registry collects the bytes, and how many it has.
    private struct Session {
        var location: WebAddress
        var offset: Int64 = 0
        /// The least that a request must carry, unless it carries the end.
        var minimum: Int64 = 0
    }

    private let descriptor: Descriptor
    private let reference: ImageReference
    private let file: SourceFile
    private var session: Session?
    /// Whether a try broke off, so that nobody knows what the registry has.
    private var isBroken = false
    /// Whether everything goes in one request, because the registry refused a part.
    private var isWhole = false

    private var scope: Scope { .push(reference.path) }

    init(_ descriptor: Descriptor, to reference: ImageReference, from file: SourceFile) {
        self.descriptor = descriptor
        self.reference = reference
        self.file = file
    }

    /// Asks the registry to take the blob over from another of its repositories.
    ///
    /// - Returns: whether it did. If not, it may have begun an upload instead, which is then used.
    mutating func mount(from source: ImageReference, at place: Place) async throws -> Bool {
        let query = [(name: "mount", value: "\(descriptor.digest)"), (name: "from", value: source.path)]
        let request = WebRequest(.POST, try place.address("/\(reference.path)/blobs/uploads/", query))
        let scope = Scope.push(reference.path, mountingFrom: source.path)
        do {
            let response = try await place.send(request, scope, accepting: [201, 202])
            if response.status == .created { return true }
            session = try opened(response, request)
        } catch let failure as RegistryFailure where !failure.heals {
            // It is a shortcut: whatever stands against it, the bytes can still be sent.
        }
        return false
    }

    /// One try: sends what the registry does not have yet.
    mutating func run(at place: Place, _ progress: (Int64) -> Void) async throws {
        if isBroken {
            try await resume(at: place)
            guard try await isMissing(at: place) else { return }
        }
        let start = session?.offset ?? 0
        isBroken = true
        do {
            try await send(at: place, progress)
        } catch var failure as RegistryFailure {
            failure.progressed = (session?.offset ?? 0) - start >= RegistryLimits.progress
            throw failure
        }
    }

    private mutating func send(at place: Place, _ progress: (Int64) -> Void) async throws {
        if session == nil { session = try await begin(at: place) }
        guard var current = session else { return }
        while !isWhole, current.offset < descriptor.size {
            do {
                current = try await sendPart(current, at: place)
            } catch let failure as RegistryFailure where refusesParts(failure, current) {
                isWhole = true
                current = try await begin(at: place)
            }
            session = current
            progress(current.offset)
        }
        try await finish(current, at: place)
        progress(descriptor.size)
    }

    private func begin(at place: Place) async throws -> Session {
        let request = WebRequest(.POST, try place.address("/\(reference.path)/blobs/uploads/"))
        return try opened(try await place.send(request, scope, accepting: [202]), request)
    }

    private func opened(_ response: HTTPClientResponse, _ request: WebRequest) throws -> Session {
        let minimum = response.headers.first(name: "OCI-Chunk-Min-Length").flatMap { Int64($0) } ?? 0
        return Session(location: try location(response, request.address, required: true), minimum: max(minimum, 0))
    }

    private func sendPart(_ session: Session, at place: Place) async throws -> Session {
        let length = min(max(place.transport.policy.uploadChunk, session.minimum), descriptor.size - session.offset)
        let end = session.offset + length
        let request = WebRequest(
            .PATCH,
            session.location,
            headers: ["Content-Type": Self.type, "Content-Range": "\(session.offset)-\(end - 1)"],
            body: .file(file.slice(session.offset, length))
        )
        let response = try await askingAgain(session) {
            try await place.send(request, scope, accepting: [201, 202, 204])
        }
        var next = session
        next.location = try location(response, session.location, required: false)
        next.offset = end
        if let last = response.headers.first(name: "Range").flatMap(ContentRange.lastByte), last < end - 1 {
            next.offset = last + 1
        }
        guard next.offset > session.offset else {
            throw RegistryFailure(.registry, "the registry keeps nothing of what is sent (tell its operator)")
        }
        return next
    }

    private func finish(_ session: Session, at place: Place) async throws {
        guard let address = session.location.adding([(name: "digest", value: "\(descriptor.digest)")]) else {
            throw RegistryFailure(.registry, "the registry's upload address is too long (tell its operator)")
        }
        let request = WebRequest(
            .PUT,
            address,
            headers: ["Content-Type": Self.type],
            body: isWhole ? .file(file.slice(0, descriptor.size)) : .none
        )
        _ = try await askingAgain(session) { try await place.send(request, scope, accepting: [201, 204]) }
    }

    /// Finds out what the registry has; without an answer to that, the upload begins anew.
    private mutating func resume(at place: Place) async throws {
        guard let broken = session else { return }
        session = nil
        guard !isWhole else { return }
        let request = WebRequest(.GET, broken.location)
        do {
            let response = try await place.send(request, scope, accepting: [200, 202, 204])
            // 0-0 stands for no byte and for one.
            guard let last = response.headers.first(name: "Range").flatMap(ContentRange.lastByte), last > 0,
                last < descriptor.size
            else { return }
            var resumed = broken
            resumed.offset = last + 1
            resumed.location = try location(response, broken.location, required: false)
            session = resumed
        } catch let failure as RegistryFailure where !failure.heals {
            session = nil
        } catch {
            session = broken
            throw error
        }
    }

    /// Whether there is anything to send: the end of the last try may have reached the registry.
    private func isMissing(at place: Place) async throws -> Bool {
        guard session == nil else { return true }
        return try await !place.hasBlob(descriptor.digest, in: reference, scope)
    }

    /// A registry that lost track of the upload, or disagrees about its length, is asked again.
    private func askingAgain(
        _ session: Session,
        _ body: () async throws -> HTTPClientResponse
    ) async throws -> HTTPClientResponse {
        do {
            return try await body()
        } catch var failure as RegistryFailure where session.offset > 0 && [404, 416].contains(failure.status) {
            failure.heals = true
            throw failure
        }
    }

    private func refusesParts(_ failure: RegistryFailure, _ session: Session) -> Bool {
        session.offset == 0 && [400, 404, 405, 411, 415, 416, 501].contains(failure.status)
    }

    private func location(
        _ response: HTTPClientResponse,
        _ base: WebAddress,
        required: Bool
    ) throws(RegistryFailure) -> WebAddress {
        let field = response.headers.first(name: "Location")
        if field == nil, !required { return base }
        guard let address = field.flatMap({ WebAddress($0, relativeTo: base) }),
            address.origin.isSecure || !base.origin.isSecure
        else {
            throw RegistryFailure(
                .registry,
                "the registry names no address for the upload that can be used, or one without TLS (tell its operator)"
            )
        }
        return address
    }

    private static let type = "application/octet-stream"
}
