import CommandLine
import Linux
import SystemPackage
import Testing

@Suite("Standard output", .timeLimit(.minutes(1)))
struct StandardOutputTests {
    @Test("writes arrive whole and in order")
    func order() async throws {
        let pipe = try TestPipe()
        let output = try StandardOutput(descriptor: pipe.writer.rawValue)
        try await output.write("one ")
        try await output.write("")
        try await output.write("two")
        #expect(try pipe.reader.take(100) == "one two")
    }

    @Test("a write of more than the pipe holds waits for its reader")
    func backPressure() async throws {
        let pipe = try TestPipe()
        let output = try StandardOutput(descriptor: pipe.writer.rawValue)
        let input = try StandardInput(descriptor: pipe.reader.rawValue)
        let sent = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0) }
        var seen: [UInt8] = []
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await output.write(sent) }
            var iterator = input.makeAsyncIterator()
            while seen.count < sent.count { seen += try #require(try await iterator.next()) }
            try await group.waitForAll()
        }
        #expect(seen == sent)
    }

    @Test("a reader that went away is a broken pipe, and not the end of the process")
    func brokenPipe() async throws {
        let pipe = try TestPipe()
        try pipe.close(pipe.reader)
        let output = try StandardOutput(descriptor: pipe.writer.rawValue)
        for _ in 0..<2 {
            let error = await #expect(throws: LinuxError.self) { try await output.write("x") }
            #expect(error?.errno == .brokenPipe)
        }
    }

    @Test("a cancelled write ends although its reader has stalled, and so does one behind it")
    func cancellation() async throws {
        let pipe = try TestPipe()
        let output = try StandardOutput(descriptor: pipe.writer.rawValue)
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<2 {
                group.addTask {
                    do {
                        try await output.write([UInt8](repeating: 1, count: 1 << 20))
                        return false
                    } catch {
                        return error is CancellationError
                    }
                }
            }
            group.cancelAll()
            for await isCancelled in group { #expect(isCancelled) }
        }
    }

    @Test("a non-blocking descriptor, as a shared terminal may be, loses nothing")
    func nonBlocking() async throws {
        let pipe = try TestPipe()
        let output = try StandardOutput(descriptor: pipe.writer.rawValue)
        let input = try StandardInput(descriptor: pipe.reader.rawValue)
        try pipe.writer.setNonBlocking()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await output.write([UInt8](repeating: 7, count: 300_000)) }
            var count = 0
            var iterator = input.makeAsyncIterator()
            while count < 300_000 { count += try #require(try await iterator.next()).count }
            try await group.waitForAll()
        }
    }
}
