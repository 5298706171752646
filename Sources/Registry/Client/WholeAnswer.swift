import AsyncHTTPClient
import OCI

/// Reads a document that a descriptor describes into memory.
struct WholeAnswer {
    private let descriptor: Descriptor
    private let kind: String

    /// - Throws: if the descriptor already promises more than is read.
    init(_ descriptor: Descriptor, _ kind: String, limit: Int) throws(RegistryFailure) {
        guard (0...Int64(limit)).contains(descriptor.size) else {
            throw RegistryFailure(
                .refused,
                "\(kind) \(descriptor.digest) has \(descriptor.size) bytes, and at most \(limit) are read"
            )
        }
        self.descriptor = descriptor
        self.kind = kind
    }

    /// Reads exactly what was promised.
    func read(_ response: HTTPClientResponse, from address: WebAddress) async throws -> [UInt8] {
        let size = descriptor.size
        if let length = AnswerBody.contentLength(response), length != size { throw wrongLength(length) }
        let bytes = try await AnswerBody.collect(response, limit: Int(size), from: address)
        guard bytes.count == size else {
            throw RegistryFailure(
                .unreachable,
                "the registry sent \(bytes.count) of \(size) bytes of \(kind) \(descriptor.digest)",
                heals: true
            )
        }
        guard Digest(hashing: bytes) == descriptor.digest else {
            throw RegistryFailure(
                .digestMismatch,
                "the registry sent other bytes than those of \(kind) \(descriptor.digest) (tell its operator)"
            )
        }
        return bytes
    }

    private func wrongLength(_ length: Int64) -> RegistryFailure {
        RegistryFailure(
            .registry,
            "the registry announces \(length) bytes for \(kind) \(descriptor.digest), which has \(descriptor.size)"
                + " (tell its operator)"
        )
    }
}
