import AgentProtocol
import Sandboxes
import TestSupport
import Testing

/// What a hostile guest may say, and what it must not gain by it.
struct Violation: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let commit: @Sendable (inout FakeGuest) throws -> Void

    static let all = [
        Violation(testDescription: "bytes that are no frame") {
            try $0.socket.write([UInt8](repeating: 0xFF, count: 64))
        },
        Violation(testDescription: "a frame with another tag") { guest in
            var bytes: [UInt8] = []
            Frame(kind: .event, body: Event.snapshotEnd.encode()).encode(tag: 0, into: &bytes)
            try guest.socket.write(bytes)
        },
        Violation(testDescription: "a request") { try $0.send(Frame(kind: .request, body: [1, 0, 0, 0, 11])) },
        Violation(testDescription: "an unknown event") { try $0.send(Frame(kind: .event, body: [99])) },
        Violation(testDescription: "a response without an end") { guest in
            for _ in 0...ProtocolLimits.message / ProtocolLimits.frame {
                let body = [UInt8](repeating: 0, count: ProtocolLimits.frame)
                try guest.send(Frame(kind: .response, more: true, body: body))
            }
        },
        Violation(testDescription: "output beyond its credit") { guest in
            let place = UInt64(ProtocolLimits.retention)
            try guest.send(StreamData(stream: .output(1), offset: place, end: false, bytes: [1]).frame)
        },
        Violation(testDescription: "output with a gap") { try $0.write("x", to: .output(1), at: 1) },
        Violation(testDescription: "output behind the end") { guest in
            try guest.write("", to: .output(1), end: true)
            try guest.write("x", to: .output(1))
        },
        Violation(testDescription: "output on the input") { try $0.write("x", to: .input(1)) },
        Violation(testDescription: "an acknowledgement of what was never sent") { guest in
            try guest.send(StreamCredit(stream: .input(1), acknowledged: 1, limit: 9).frame)
        },
        Violation(testDescription: "a credit for an output") { guest in
            try guest.send(StreamCredit(stream: .output(1), acknowledged: 0, limit: 9).frame)
        },
        Violation(testDescription: "more processes than a pod can have") { guest in
            for id in 2...UInt32(ProtocolLimits.processes) + 2 {
                try guest.say(.process(ProcessStatus(process: id, container: "main", isInit: false, exit: nil)))
            }
        },
    ]
}

@Suite(.timeLimit(.minutes(1)))
struct AgentViolationTests {
    @Test("a guest that breaks the protocol ends everything with one clear error", arguments: Violation.all)
    func violation(_ violation: Violation) async throws {
        try await withGuest { guest in
            try guest.welcome()
            try guest.start()
            _ = try guest.request()
            // The host may hang up while the guest still talks.
            try? violation.commit(&guest)
            try? guest.waitForEnd()
        } host: { client in
            let process = try await client.create(.sample())
            await expectViolation { try await client.request(.statistics) }
            await expectViolation { try await process.wait() }
            for await _ in process.output { Issue.record("a violation is no output") }
            await expectViolation { try await client.request(.statistics) }
        }
    }

    private func expectViolation(_ body: () async throws -> some Any) async {
        let error = await #expect(throws: SandboxError.self) { _ = try await body() }
        #expect(error?.code == .protocolViolation)
        #expect(error?.message == "the guest broke the agent protocol")
    }

    @Test("what a guest says of processes that nobody has is passed over")
    func strangers() async throws {
        try await withGuest { guest in
            try guest.welcome()
            try guest.write("x", to: .output(9))
            try guest.send(StreamCredit(stream: .input(9), acknowledged: 5, limit: 9).frame)
            try guest.answer(77)
            try guest.say(.outOfMemory(container: "main"))
            try guest.answer(try guest.request().id)
            try guest.waitForEnd()
        } host: { client in
            try await client.request(.statistics)
            #expect(client.inheritedProcesses.isEmpty)
        }
    }
}
