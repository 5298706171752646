import CommandLine
import Foundation
import Linux
import SystemPackage
import Testing

@Suite("Standard input", .timeLimit(.minutes(1)))
struct StandardInputTests {
    private func text(_ input: StandardInput) async throws -> String {
        var bytes: [UInt8] = []
        for try await chunk in input {
            #expect(!chunk.isEmpty)
            bytes += chunk
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test("a pipe is read to its end")
    func pipe() async throws {
        let pipe = try TestPipe()
        let input = try StandardInput(descriptor: pipe.reader.rawValue, chunk: 4)
        try pipe.writer.put("hello, world")
        var iterator = input.makeAsyncIterator()
        #expect(try await iterator.next() == Array("hell".utf8))
        #expect(try await iterator.next() == Array("o, w".utf8))
        try pipe.close(pipe.writer)
        #expect(try await text(input) == "orld")
        #expect(try await iterator.next() == nil)
    }

    @Test("a regular file is read to its end")
    func file() async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "input-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: path) }
        let content = (0..<20_000).map { "\($0)\n" }.joined()
        try Data(content.utf8).write(to: path)
        let file = try OwnedFD.open(FilePath(path.path), O_RDONLY)
        let input = try StandardInput(descriptor: file.rawValue)
        #expect(try await text(input) == content)
    }

    @Test("a terminal is read line by line, and its end is the input's")
    func terminal() async throws {
        let terminal = try Pseudoterminal()
        let input = try StandardInput(descriptor: terminal.program.rawValue)
        var iterator = input.makeAsyncIterator()
        try terminal.user.put("one\ntwo\n")
        #expect(try await iterator.next() == Array("one\n".utf8))
        #expect(try await iterator.next() == Array("two\n".utf8))
        try terminal.user.put("\u{4}")
        #expect(try await iterator.next() == nil)
    }

    private func programOfClosedTerminal() throws -> FileDescriptor {
        let terminal = try Pseudoterminal()
        return try terminal.program.duplicate()
    }

    @Test("a terminal that was hung up is the end of the input")
    func hangUp() async throws {
        let program = try programOfClosedTerminal()
        defer { try? program.close() }
        let input = try StandardInput(descriptor: program.rawValue)
        #expect(try await text(input).isEmpty)
    }

    @Test("a cancelled wait ends and takes no byte from who reads next")
    func cancellation() async throws {
        let pipe = try TestPipe()
        let input = try StandardInput(descriptor: pipe.reader.rawValue)
        await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                var iterator = input.makeAsyncIterator()
                do {
                    _ = try await iterator.next()
                    return false
                } catch {
                    return error is CancellationError
                }
            }
            group.cancelAll()
            for await isCancelled in group { #expect(isCancelled) }
        }
        try pipe.writer.put("later")
        #expect(try pipe.reader.take(5) == "later")
    }

    @Test("nothing is read before it is asked for")
    func demand() async throws {
        let pipe = try TestPipe()
        let input = try StandardInput(descriptor: pipe.reader.rawValue)
        try pipe.writer.put("mine")
        #expect(try pipe.reader.take(4) == "mine")
        try pipe.writer.put("yours")
        var iterator = input.makeAsyncIterator()
        #expect(try await iterator.next() == Array("yours".utf8))
    }

    @Test("after many cancelled waits the bytes come whole and in order")
    func storm() async throws {
        let pipe = try TestPipe()
        let input = try StandardInput(descriptor: pipe.reader.rawValue, chunk: 1)
        var seen: [UInt8] = []
        let sent = (0..<200).map { UInt8($0) }
        for byte in sent {
            let part = try await withThrowingTaskGroup(of: [UInt8]?.self) { group in
                group.addTask {
                    var iterator = input.makeAsyncIterator()
                    return try? await iterator.next()
                }
                _ = try pipe.writer.writeAll([byte])
                group.cancelAll()
                return try await group.next() ?? nil
            }
            seen += part ?? []
        }
        var iterator = input.makeAsyncIterator()
        while seen.count < sent.count { seen += try await iterator.next() ?? [] }
        #expect(seen == sent)
    }

    @Test("a descriptor that is not open is an error that names it")
    func badDescriptor() async throws {
        let input = try StandardInput(descriptor: 1_000_000)
        var iterator = input.makeAsyncIterator()
        let error = await #expect(throws: LinuxError.self) { _ = try await iterator.next() }
        #expect(error == LinuxError(stage: "read descriptor 1000000", errno: .badFileDescriptor))
    }
}
