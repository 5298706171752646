import FoundationEssentials
import Linux
import SystemPackage
import TestSupport
import Testing

@Suite("files")
struct FileTests {
    @Test("an atomic file replaces what was there and leaves nothing beside it")
    func atomicFile() async throws {
        try await withTemporaryFolder { folder in
            let path = folder.appending("state")
            try AtomicFile.write("old".utf8, to: path)
            try AtomicFile.write("new".utf8, to: path)
            #expect(try ProcFile.read(path) == "new")
            let error = #expect(throws: LinuxError.self) {
                try AtomicFile.write("x".utf8, to: folder.appending("missing/state"))
            }
            #expect(error?.errno == .noSuchFileOrDirectory)
        }
    }

    @Test("a lock has one holder at a time")
    func fileLock() async throws {
        try await withTemporaryFolder { folder in
            let path = folder.appending("lock")
            func isFree() throws -> Bool {
                let lock = try FileLock.tryAcquire(path)
                switch consume lock {
                case .some: return true
                case .none: return false
                }
            }
            let lock = try FileLock.acquire(path)
            #expect(try !isFree())
            _ = consume lock
            #expect(try isFree())
        }
    }

    @Test("a file larger than its limit is refused, one of exactly its limit is not")
    func wholeFile() async throws {
        try await withTemporaryFolder { folder in
            let path = folder.appending("file")
            try AtomicFile.write(Array(repeating: UInt8(7), count: 5000), to: path)
            #expect(try WholeFile.read(path, limit: 5000).count == 5000)
            let error = #expect(throws: LinuxError.self) { try WholeFile.read(path, limit: 4999) }
            #expect(error?.errno == .fileTooLarge)
            #expect(try WholeFile.tail(path, limit: 10) == Array(repeating: 7, count: 10))
        }
    }
}

@Suite("unix sockets")
struct UnixSocketTests {
    @Test("a socket in a folder of any path length listens, also in place of a left-over one", arguments: [1, 200])
    func listen(nameLength: Int) async throws {
        try await withTemporaryFolder { folder in
            let deep = folder.appending(String(repeating: "d", count: nameLength))
            try FileManager.default.createDirectory(atPath: deep.string, withIntermediateDirectories: true)
            let path = deep.appending("socket")
            _ = try UnixSocket.listen(path)
            let server = try UnixSocket.listen(path)
            let client = try UnixSocket.connect(path)
            #expect(server.rawValue != client.rawValue)
            let mode = try FileManager.default.attributesOfItem(atPath: path.string)[.posixPermissions]
            #expect(mode.map { "\($0)" } == "\(0o600)")
        }
    }

    @Test("nobody at a path is an error that names it")
    func nobody() {
        let error = #expect(throws: LinuxError.self) { _ = try UnixSocket.connect("/nonexistent/socket") }
        #expect(error?.stage == "connect to /nonexistent/socket")
    }
}

@Suite("the host machine")
struct HostMachineTests {
    @Test("facts are plausible")
    func facts() throws {
        #expect(try HostMachine.bootID().count == 36)
        #expect(try HostMachine.availableMemory() <= HostMachine.totalMemory())
        #expect(HostMachine.processorCount >= 1)
        if let rate = HostMachine.tscKilohertz { #expect((100_000...10_000_000).contains(rate)) }
    }
}
