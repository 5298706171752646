import AgentProtocol
import Sandboxes
import SystemPackage
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct AgentHandshakeTests {
    @Test(
        "a host begins with its hello, behind zeros when somebody has spoken to the guest before",
        arguments: [true, false]
    )
    func opening(fresh: Bool) async throws {
        let zeros = fresh ? 0 : Handshake.preambleLength
        let kernel = try await withGuest(fresh: fresh) { guest in
            let opening = try guest.socket.read(exactly: zeros + Handshake.recordLength)
            #expect(opening.prefix(zeros).allSatisfy { $0 == 0 })
            #expect(Handshake.Hello(record: Array(opening.dropFirst(zeros)))?.versions == 3...3)
            try guest.take(opening)
            try guest.welcome()
            try guest.waitForEnd()
        } host: { client in
            client.guest?.kernel
        }
        #expect(kernel == "6.1")
    }

    @Test("a clone's renewal comes before the hello")
    func renewal() async throws {
        let renewal = Handshake.Renewal.fresh
        try await withGuest(renewal: renewal) { guest in
            let record = try guest.socket.read(exactly: Handshake.Renewal.recordLength)
            #expect(record == renewal.bytes)
            try guest.welcome()
            try guest.waitForEnd()
        } host: { _ in
        }
    }

    @Test("what a dead host left unread comes before the welcome and is passed over")
    func staleBytes() async throws {
        try await withGuest(fresh: false) { guest in
            let old = Handshake.Hello(nonce: [UInt8](repeating: 7, count: 16), tag: 7, versions: 1...1)
            var stale: [UInt8] = []
            Frame(kind: .event, body: Event.snapshotEnd.encode()).encode(tag: 7, into: &stale)
            let welcome = Handshake.Welcome(answering: old).bytes
            // The last of it breaks off within a welcome, as a dead host's channel may.
            try guest.socket.write(stale + welcome + stale + welcome.prefix(20))
            try guest.welcome()
            try guest.answer(try guest.request().id)
            try guest.waitForEnd()
        } host: { client in
            try await client.request(.statistics)
        }
    }

    @Test("a guest that never says a word, or never finishes its greeting, is given up", arguments: [false, true])
    func silence(greets: Bool) async throws {
        let error = await #expect(throws: SandboxError.self) {
            try await withGuest(patience: .milliseconds(200)) { guest in
                if greets {
                    _ = try guest.next()
                    try guest.say(.ready(GuestInfo(agent: "", kernel: "", uptime: 0, configured: false)))
                }
                _ = try guest.socket.readToEnd()
            } host: { _ in
                Issue.record("the body ran without a guest")
            }
        }
        #expect(error?.code == .timeout)
        #expect(error?.message.contains("0.2 seconds") == true)
    }

    @Test("a guest that speaks another version is named")
    func version() async throws {
        let error = await #expect(throws: SandboxError.self) {
            try await withGuest { guest in
                let record = try guest.socket.read(exactly: Handshake.recordLength)
                let hello = try #require(Handshake.Hello(record: record))
                let newer = Handshake.Hello(nonce: hello.nonce, tag: hello.tag, versions: 9...9)
                try guest.socket.write(Handshake.Welcome(answering: newer).bytes)
                _ = try guest.socket.readToEnd()
            } host: { _ in
                Issue.record("the body ran without a common version")
            }
        }
        #expect(error?.code == .version)
        #expect(error?.message == "the guest's agent does not speak version 3 of the agent protocol")
    }

    @Test("a guest that hangs up before its greeting is told from a silent one")
    func hangUp() async throws {
        let error = await #expect(throws: SandboxError.self) {
            try await withGuest { guest in
                _ = try guest.socket.read(exactly: Handshake.recordLength)
            } host: { _ in
                Issue.record("the body ran without a guest")
            }
        }
        #expect(error?.code == .disconnected)
    }

    @Test("a guest that is not there is named by its socket")
    func nobody() async throws {
        try await withTemporaryFolder { folder in
            let path = folder.appending("none.sock")
            let error = await #expect(throws: SandboxError.self) {
                try await AgentClient.withConnection(to: path, fresh: true, patience: .seconds(5)) { _ in }
            }
            #expect(error?.code == .disconnected)
            #expect(error?.message.contains(path.string) == true)
        }
    }
}
