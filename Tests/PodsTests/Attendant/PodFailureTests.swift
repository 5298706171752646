import AgentProtocol
import Sandboxes
import Testing

@testable import Pods

struct PodFailureTests {
    @Test("the user reads one sentence, and shells the code that Docker would give")
    func explanations() {
        let cases: [(any Error, String, Int32)] = [
            (
                AgentFailure(.commandNotFound, stage: "execute sh", errno: 2),
                "container web: command \"sh\" not found in the image", 127
            ),
            (
                AgentFailure(.commandNotExecutable, stage: "execute sh", errno: 13),
                "container web: command \"sh\" cannot be executed (Permission denied)", 126
            ),
            (
                AgentFailure(.system, stage: "mount /proc", errno: 12),
                "container web: the guest could not mount /proc (Cannot allocate memory)", 125
            ),
            (AgentFailure(.limit, stage: "start"), "container web: the guest could not start", 125),
            (PodsError(.conflict, "as it is"), "as it is", 125),
            (SandboxError(.timeout, "too late"), "container web: too late", 125),
        ]
        for (error, message, code) in cases {
            let failure = PodFailure.explain(error, .sample())
            #expect(failure.message == message)
            #expect((failure.shellCode ?? 125) == code)
        }
    }

    @Test("what could not be executed is the command that was asked for, not the pod's")
    func otherCommand() {
        let failure = AgentFailure(.commandNotFound, stage: "execute", errno: 2)
        #expect(PodFailure.explain(failure, "web", command: "vi").message.contains("command \"vi\" not found"))
    }

    @Test(
        "a failure is the same at the other end of the socket",
        arguments: [
            .notFound, .conflict, .invalid, .commandNotFound, .commandNotExecutable, .node,
        ] as [PodsError.Code]
    )
    func travel(code: PodsError.Code) throws {
        let json = try JSON.encode(ControlFailure(PodsError(code, "why \"it\" failed\n")))
        let error = try JSON.decode(ControlFailure.self, json).error
        #expect(error.code == code)
        #expect(error.message == "why \"it\" failed\n")
    }

    @Test("an error of another module arrives as the node's, with its words")
    func foreign() {
        let failure = ControlFailure(SandboxError(.timeout, "the guest did not answer"))
        #expect(failure.error.code == .node)
        #expect(failure.error.message == "the guest did not answer")
    }
}
