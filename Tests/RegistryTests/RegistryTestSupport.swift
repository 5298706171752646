import OCI
import Registry
import Synchronization
import SystemPackage
import TestSupport

extension RetryPolicy {
    /// Waits for nothing, but notes what it would have waited for.
    static func impatient(_ waits: Waits = Waits()) -> RetryPolicy {
        var policy = RetryPolicy()
        policy.sleep = { waits.add($0) }
        policy.random = { 1 }
        return policy
    }
}

/// The waits that a policy asked for.
final class Waits: Sendable {
    private let waits = Mutex<[Duration]>([])

    var all: [Duration] { waits.withLock { $0 } }

    func add(_ wait: Duration) {
        waits.withLock { $0.append(wait) }
    }
}

/// The numbers that a transfer reported.
final class Progress: Sendable {
    private let counts = Mutex<[Int64]>([])

    var all: [Int64] { counts.withLock { $0 } }

    func add(_ count: Int64) {
        counts.withLock { $0.append(count) }
    }
}

/// Credentials for one registry.
struct OneLogin: CredentialSource {
    let registry: String
    let login: RegistryCredentials

    func credentials(for registry: String) -> RegistryCredentials? {
        registry == self.registry ? login : nil
    }
}

/// Runs a body with a client that waits for nothing between tries.
func withClient<Success>(
    _ configuration: RegistryConfiguration = RegistryConfiguration(),
    credentials: any CredentialSource = NoCredentials(),
    environment: [String: String] = [:],
    policy: RetryPolicy = .impatient(),
    _ body: (RegistryClient) async throws -> Success
) async throws -> Success {
    try await RegistryClient.with(
        configuration,
        credentials: credentials,
        environment: environment,
        policy: policy,
        body
    )
}

/// The message of the error that a body throws; it fails where none comes.
func failureMessage<Success>(
    _ code: ImageError.Code,
    _ body: () async throws -> Success
) async throws -> String {
    do {
        _ = try await body()
    } catch let error as ImageError {
        guard error.code == code else { throw Unexpected(description: "\(error.code): \(error.message)") }
        return error.message
    }
    throw Unexpected(description: "it succeeded")
}

/// What a test did not expect to happen.
struct Unexpected: Error, CustomStringConvertible {
    let description: String
}

/// Contents and files of blobs.
enum Blob {
    /// Bytes that no part of can be mistaken for another.
    static func pattern(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 8)
        while bytes.count < count {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            withUnsafeBytes(of: state) { bytes.append(contentsOf: $0) }
        }
        bytes.removeSubrange(count...)
        return bytes
    }

    /// Writes a file of a test.
    static func write(_ bytes: [UInt8], to path: FilePath) throws {
        let file = try FileDescriptor.open(
            path,
            .writeOnly,
            options: [.create, .truncate],
            permissions: .ownerReadWrite
        )
        try file.closeAfter { _ = try file.writeAll(bytes) }
    }

    /// Reads a file of a test.
    static func read(_ path: FilePath) throws -> [UInt8] {
        let file = try FileDescriptor.open(path, .readOnly)
        return try file.closeAfter {
            let size = try file.seek(offset: 0, from: .end)
            return try [UInt8](unsafeUninitializedCapacity: Int(size)) { buffer, count in
                while count < Int(size) {
                    let rest = UnsafeMutableRawBufferPointer(buffer)[count...]
                    count += try file.read(fromAbsoluteOffset: Int64(count), into: .init(rebasing: rest))
                }
            }
        }
    }
}

extension Descriptor {
    /// Describes a blob of a test.
    init(_ blob: [UInt8]) {
        self.init(of: blob, mediaType: MediaType.gzipLayer)
    }
}

extension FaultyRegistry {
    /// An image on this registry.
    func reference(_ name: String = "team/app:v1") throws -> ImageReference {
        try ImageReference("\(self.name)/\(name)")
    }
}

extension LocalRegistry {
    /// An image on this registry.
    func reference(_ name: String = "team/app:v1") throws -> ImageReference {
        try ImageReference("\(self.name)/\(name)")
    }
}
