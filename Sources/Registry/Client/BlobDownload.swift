import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import OCI

/// The download of one blob, over as many tries and places as it takes.
struct BlobDownload {
    private let descriptor: Descriptor
    private let repository: String
    private let file: BlobFile
    private var mismatches = 0

    init(_ descriptor: Descriptor, repository: String, to file: BlobFile) {
        self.descriptor = descriptor
        self.repository = repository
        self.file = file
    }

    /// One try: fetches what is missing, and checks the whole.
    mutating func run(at place: Place, _ progress: (Int64) -> Void) async throws {
        while true {
            if file.count < descriptor.size { try await fetch(from: place, progress) }
            guard file.digest != descriptor.digest else { return }
            try await empty(progress)
            mismatches += 1
            guard mismatches < 2 else {
                throw RegistryFailure(
                    .digestMismatch,
                    "the registry sent other bytes than those of blob \(descriptor.digest) (tell its operator)"
                )
            }
        }
    }

    private func fetch(from place: Place, _ progress: (Int64) -> Void) async throws {
        let start = file.count
        var request = WebRequest(.GET, try place.address("/\(repository)/blobs/\(descriptor.digest)"))
        if start > 0 { request.headers.add(name: "Range", value: "bytes=\(start)-") }
        let response = try await place.send(
            request,
            .pull(repository),
            accepting: [200, 206, 416],
            missing: Place.noBlob(descriptor.digest)
        )
        try await prepare(response, progress)
        do {
            try await receive(response, request.address, progress)
        } catch var failure as RegistryFailure {
            failure.progressed = file.count - start >= RegistryLimits.progress
            throw failure
        }
    }

    /// Makes the file fit to what the answer begins with, and refuses an answer of another length.
    private func prepare(_ response: HTTPClientResponse, _ progress: (Int64) -> Void) async throws {
        switch response.status.code {
        case 200:
            if file.count > 0 { try await empty(progress) }
        case 206 where isRest(response):
            break
        default:
            try await empty(progress)
            throw RegistryFailure(
                .registry,
                "the registry does not send the rest of blob \(descriptor.digest)",
                heals: true
            )
        }
        guard let length = AnswerBody.contentLength(response), length != descriptor.size - file.count else { return }
        throw RegistryFailure(
            .registry,
            "the registry announces \(length) bytes for blob \(descriptor.digest),"
                + " and \(descriptor.size - file.count) were asked for (tell its operator)"
        )
    }

    private func isRest(_ response: HTTPClientResponse) -> Bool {
        guard let range = response.headers.first(name: "Content-Range").flatMap(ContentRange.init) else { return false }
        return range.first == file.count && range.last == descriptor.size - 1
            && range.total ?? descriptor.size == descriptor.size
    }

    private func empty(_ progress: (Int64) -> Void) async throws {
        try await file.empty()
        progress(0)
    }

    /// Copies the answer to the file in large pieces, what came before a failure too.
    private func receive(
        _ response: HTTPClientResponse,
        _ address: WebAddress,
        _ progress: (Int64) -> Void
    ) async throws {
        var batch = ByteBufferAllocator().buffer(capacity: RegistryLimits.batch + 64 << 10)
        do {
            for try await buffer in response.body {
                guard Int64(batch.readableBytes + buffer.readableBytes) <= descriptor.size - file.count else {
                    throw tooMany
                }
                batch.writeImmutableBuffer(buffer)
                if batch.readableBytes >= RegistryLimits.batch { try await flush(&batch, progress) }
            }
        } catch {
            if !(error is ImageError) { try await flush(&batch, progress) }
            throw broken(TransportProblem.failure(error, at: address))
        }
        try await flush(&batch, progress)
        if file.count < descriptor.size { throw broken(nil) }
    }

    private func flush(_ batch: inout ByteBuffer, _ progress: (Int64) -> Void) async throws {
        guard batch.readableBytes > 0 else { return }
        try await file.append(batch)
        batch.clear()
        progress(file.count)
    }

    private var tooMany: RegistryFailure {
        RegistryFailure(
            .registry,
            "the registry sent more than the \(descriptor.size) bytes of blob \(descriptor.digest) (tell its operator)"
        )
    }

    /// A connection that ended early is told by how far it came; other errors stay what they are.
    private func broken(_ error: (any Error)?) -> any Error {
        let failure = error as? RegistryFailure
        guard error == nil || failure?.code == .unreachable else { return error ?? CancellationError() }
        return RegistryFailure(
            .unreachable,
            "the registry sent \(file.count) of \(descriptor.size) bytes of blob \(descriptor.digest)",
            cause: failure?.cause,
            heals: true
        )
    }
}
