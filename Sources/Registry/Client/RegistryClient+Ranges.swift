import AsyncHTTPClient
import NIOHTTP1
package import OCI

extension RegistryClient {
    /// Fetches some bytes of a blob into memory.
    ///
    /// Their number is checked; what they are cannot be, because the digest is of the whole: the caller does that.
    /// - Parameter range: not empty, and within the blob.
    /// - Throws: `.unsupported` if the registry sends whole blobs only.
    package func bytes(
        _ range: Range<Int64>,
        of descriptor: Descriptor,
        in reference: ImageReference
    ) async throws -> [UInt8] {
        try await pulling(reference) { place in
            var request = WebRequest(.GET, try place.blob(descriptor.digest, in: reference))
            request.headers.add(name: "Range", value: "bytes=\(range.lowerBound)-\(range.upperBound - 1)")
            let response = try await place.send(
                request,
                .pull(reference.path),
                accepting: [200, 206],
                missing: Place.noBlob(descriptor.digest)
            )
            try Self.check(response, range, descriptor, place)
            let bytes = try await AnswerBody.collect(response, limit: range.count, from: request.address)
            guard bytes.count == range.count else {
                throw RegistryFailure(
                    .unreachable,
                    "the registry sent \(bytes.count) of \(range.count) bytes of a part of blob \(descriptor.digest)",
                    heals: true
                )
            }
            return bytes
        }
    }

    private static func check(
        _ response: HTTPClientResponse,
        _ range: Range<Int64>,
        _ descriptor: Descriptor,
        _ place: Place
    ) throws(RegistryFailure) {
        let part = response.headers.first(name: "Content-Range").flatMap(ContentRange.init)
        guard response.status != .ok else {
            throw RegistryFailure(.unsupported, "\(place.name) sends no parts of blobs (pull without --lazy)")
        }
        guard let part, part.first == range.lowerBound, part.last == range.upperBound - 1,
            part.total ?? descriptor.size == descriptor.size
        else {
            throw RegistryFailure(
                .registry,
                "\(place.name) sends another part of blob \(descriptor.digest) than was asked for (tell its operator)"
            )
        }
    }
}
