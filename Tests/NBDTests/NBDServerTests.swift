import Linux
import NBD
import Synchronization
import SystemPackage
import TestSupport
import Testing

@Suite("NBD server", .enabled(if: Shell.has("qemu-img", "qemu-io"), "needs qemu-utils"))
struct NBDServerTests {
    @Test("qemu-img reads the disk as it is", arguments: [512, 1 << 20, (5 << 20) + 512])
    func convert(size: Int) async throws {
        try await withServer(Pattern(size: Int64(size))) { socket, folder in
            let address = "nbd+unix:///disk?socket=\(socket)"
            try await Shell.run(["qemu-img", "convert", "-f", "raw", "-O", "raw", address, "copy"], in: folder)
            let copy = try WholeFile.read(folder.appending("copy"), limit: 8 << 20)
            let isSame = copy == Pattern.bytes(0..<Int64(size))
            #expect(isSame)
        }
    }

    @Test("several clients read at a time, and none may write")
    func several() async throws {
        try await withServer(Pattern(size: 4 << 20)) { socket, folder in
            let address = "nbd+unix:///?socket=\(socket)"
            let reading = "seq 8 | xargs -P 8 -I % qemu-img convert -f raw -O raw '\(address)' copy%; cmp copy1 copy8"
            try await Shell.script(reading, in: folder)
            await #expect(throws: Shell.Failure.self) {
                try await Shell.run(["qemu-io", "-f", "raw", "-c", "write 0 512", address])
            }
        }
    }

    @Test("an export of another name is not found")
    func unknown() async throws {
        try await withServer(Pattern(size: 4096)) { socket, _ in
            let failure = await #expect(throws: Shell.Failure.self) {
                try await Shell.run(["qemu-img", "info", "nbd+unix:///other?socket=\(socket)"])
            }
            #expect(failure?.description.contains("not available") == true, "\(failure?.description ?? "")")
        }
    }

    @Test("a read that the source cannot answer is an I/O error for its client, and one that it can succeeds")
    func failingSource() async throws {
        let failures = Mutex(0)
        let source = Pattern(size: 1 << 20, hole: 4096..<8192)
        try await withServer(source, onFailure: { _ in failures.withLock { $0 += 1 } }) { socket, _ in
            let address = "nbd+unix:///disk?socket=\(socket)"
            let command = ["qemu-io", "-r", "-f", "raw", address, "-c"]
            await #expect(throws: Shell.Failure.self) { try await Shell.run(command + ["read 4096 4096"]) }
            let output = try await Shell.run(command + ["read 8192 4096"])
            #expect(output.contains("read 4096/4096"))
        }
        #expect(failures.withLock { $0 } > 0)
    }

    @Test("clients that break off or talk nonsense disturb nobody")
    func cut() async throws {
        try await withServer(Pattern(size: 1 << 20)) { socket, folder in
            try await onThread {
                for length in [0, 1, 4, 20, 36, 60] {
                    let client = try BlockingSocket.connect(to: socket)
                    let bytes = Client.flags + Client.option(1, []) + Client.request(0, 0, 1 << 20)
                    try client.write(Array(bytes.prefix(length)))
                }
                let client = try BlockingSocket.connect(to: socket)
                try client.write([UInt8](repeating: 0xFF, count: 100))
                // The greeting, and then the end.
                #expect(try client.readToEnd().count == 18)
            }
            try await Shell.run(["qemu-img", "info", "nbd+unix:///disk?socket=\(socket)"], in: folder)
        }
    }

    /// Runs a body while a server serves.
    private func withServer(
        _ source: Pattern,
        onFailure: @escaping @Sendable (any Error) -> Void = { _ in },
        _ body: (FilePath, FilePath) async throws -> Void
    ) async throws {
        try await withTemporaryFolder { folder in
            let socket = folder.appending("s")
            let server = try await NBDServer.bind(socket, source: source, onFailure: onFailure)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await server.run() }
                defer { group.cancelAll() }
                try await body(socket, folder)
            }
        }
    }
}

/// A disk whose bytes tell their places.
private struct Pattern: BlockSource {
    struct Hole: Error {}

    private static let all = (0..<(8 << 20)).map { UInt8(truncatingIfNeeded: $0 ^ $0 >> 8 ^ $0 >> 16) }

    let size: Int64
    /// What cannot be read.
    var hole: Range<Int64> = 0..<0

    static func bytes(_ range: Range<Int64>) -> [UInt8] { Array(all[Int(range.lowerBound)..<Int(range.upperBound)]) }

    func read(_ range: Range<Int64>) throws -> [UInt8] {
        guard !range.overlaps(hole) else { throw Hole() }
        return Self.bytes(range)
    }
}
