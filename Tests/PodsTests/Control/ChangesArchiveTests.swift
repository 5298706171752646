import Testing

@testable import Pods

@Suite(.timeLimit(.minutes(1)))
struct ChangesArchiveTests {
    /// Reads an archive that an attendant's script sends.
    private func read(_ script: @escaping ControlHandler) async throws -> [[UInt8]] {
        try await withControlServer(script) { path, _ in
            try await PodSession.with(socket: path, .archive(pause: true)) { session in
                var pieces: [[UInt8]] = []
                for try await piece in ChangesArchive(events: session.events, name: "web") { pieces.append(piece) }
                return pieces
            }
        }
    }

    @Test("an archive's pieces arrive in order, and it ends when its process has ended well")
    func whole() async throws {
        let pieces = try await read { frames, client in
            var frames = frames.makeAsyncIterator()
            #expect(try await frames.next() == .request(try JSON.encode(ControlRequest.archive(pause: true))))
            try await client.send(.started)
            for byte in 1...3 { try await client.send(.output([UInt8(byte)])) }
            try await client.send(.ended(try JSON.encode(PodExit(code: 0, finished: 1))))
        }
        #expect(pieces == [[1], [2], [3]])
    }

    @Test(
        "an archive whose connection ends, or whose process ends badly, is not taken for a whole one",
        arguments: [nil, 1]
    )
    func broken(code: Int32?) async throws {
        let error = await #expect(throws: PodsError.self) {
            _ = try await read { frames, client in
                var frames = frames.makeAsyncIterator()
                _ = try await frames.next()
                try await client.send(.started)
                try await client.send(.output([1]))
                if let code { try await client.send(.ended(try JSON.encode(PodExit(code: code, finished: 1)))) }
            }
        }
        #expect(error?.code == .node)
        #expect(error?.message.contains("container \"web\" broke off") == true)
    }

    @Test("why an archive could not be made is told in the attendant's words")
    func failed() async throws {
        let error = await #expect(throws: PodsError.self) {
            _ = try await read { frames, client in
                var frames = frames.makeAsyncIterator()
                _ = try await frames.next()
                let failure = PodsError(.conflict, "being archived already")
                try await client.send(.failed(try JSON.encode(ControlFailure(failure))))
            }
        }
        #expect(error?.code == .conflict)
        #expect(error?.message == "being archived already")
    }
}
