import Foundation
import Linux
import Pods
import Sandboxes
import SystemPackage
import Testing

extension EndToEnd {
    /// What front ends other than the command ask of pods.
    @Suite struct PodServiceTests {
        @Test("who attaches before the start misses nothing, and who waits gets the code", .timeLimit(.minutes(2)))
        func attachFirst() async throws {
            try await withService { service in
                let pod = try await service.create(spec("echo first; read line; echo got $line; exit 5"), name: "box")
                let isAttached = Observed(false)
                try await withThrowingTaskGroup(of: PodExit.self) { group in
                    group.addTask {
                        try await service.attach(pod.id) { session in
                            isAttached.update { $0 = true }
                            return try await Self.talk(session)
                        }
                    }
                    try await isAttached.wait { $0 }
                    for _ in 0..<3 {
                        group.addTask { try await service.wait("box", for: .nextExit) }
                    }
                    #expect(try await service.find("box").state == .created)
                    #expect(try await service.wait("box") == PodExit(code: 0, finished: 0))
                    #expect(try await service.start("box"))
                    for try await exit in group { #expect(exit.code == 5) }
                }
                let summary = try await service.find("box")
                #expect(summary.state.exit?.code == 5 && summary.restarts == 0)
                #expect(summary.started != nil && summary.finished == summary.state.exit?.finished)
            }
        }

        @Test("a client that attached and left leaves a pod that can be started, removed or attached to again")
        func left() async throws {
            try await withService { service in
                let pod = try await service.create(spec("echo up; exec sleep 100000"), name: "box")
                try await service.attach(pod.id) { _ in }
                #expect(try await service.find("box").state == .created)
                #expect(try await service.start("box"))
                #expect(try await service.start("box") == false)
                try await service.stop("box", patience: .zero)
                try await service.attach(pod.id) { _ in }
                try await service.remove("box", force: false)
                #expect(try await service.list().isEmpty)
            }
        }

        @Test(
            "who waits for a removal learns of it, be it of a pod that runs or that never did",
            .timeLimit(.minutes(2))
        )
        func removed() async throws {
            try await withService { service in
                for starts in [true, false] {
                    let pod = try await service.create(spec("exec sleep 100000"), name: "box")
                    if starts { _ = try await service.start("box") }
                    try await withThrowingTaskGroup(of: PodExit.self) { group in
                        group.addTask { try await service.wait(pod.id, for: .removed) }
                        try await service.remove("box", force: true)
                        #expect(try await group.next()?.code == (starts ? 137 : 0))
                    }
                }
                await #expect(throws: PodsError.self) { try await service.wait("box", for: .removed) }
            }
        }

        @Test("starts of many at once start it once, and each ends when it runs", .timeLimit(.minutes(2)))
        func many() async throws {
            try await withService { service in
                _ = try await service.create(spec("echo up; exec sleep 100000"), name: "box")
                let started = try await withThrowingTaskGroup(of: Bool.self) { group in
                    for _ in 0..<4 { group.addTask { try await service.start("box") } }
                    return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
                }
                #expect(started >= 1)
                #expect(try await service.find("box").state.isRunning)
                try await eventually("its word") { try await Self.log(service) == "up\n" }
                try await service.restart("box", patience: .zero)
                try await eventually("its word again") { try await Self.log(service) == "up\nup\n" }
            }
        }

        private static func log(_ service: PodService) async throws -> String {
            var output: [UInt8] = []
            try await service.readLog("box") { output += $0.bytes }
            return String(decoding: output, as: UTF8.self)
        }

        @Test("what this process does to pods is told, in order")
        func events() async throws {
            try await withService { service in
                var events = service.events().makeAsyncIterator()
                let pod = try await service.create(spec("true") { $0.labels = ["a": "b"] }, name: "box")
                try await service.rename("box", to: "other")
                try await service.remove("other", force: false)
                var told: [PodEvent] = []
                for _ in 0..<3 { if let event = try await events.next() { told.append(event) } }
                #expect(told.map(\.action) == [.create, .rename, .destroy])
                #expect(told.map(\.name) == ["box", "other", "other"])
                #expect(told.allSatisfy { $0.podID == pod.id && $0.attributes["a"] == "b" })
                #expect(told[1].attributes["oldName"] == "box")
            }
        }

        /// Answers the process, whose first word was written before anybody could read it.
        private static func talk(_ session: PodSession) async throws -> PodExit {
            var output: [UInt8] = []
            for try await event in session.events {
                switch event {
                case .output(let bytes):
                    output += bytes
                    if output == Array("first\n".utf8) {
                        try await session.write(Array("word\n".utf8))
                        try await session.finishInput()
                    }
                case .ended(let exit):
                    #expect(String(decoding: output, as: UTF8.self) == "first\ngot word\n")
                    return exit
                default: continue
                }
            }
            throw CommandFailure(description: "the session ended without an end")
        }

        private func spec(_ script: String, _ change: (inout PodSpec) -> Void = { _ in }) -> PodSpec {
            var spec = PodSpec(image: "busybox")
            spec.command = ["sh", "-c", script]
            spec.openInput = true
            change(&spec)
            return spec
        }

        private func withService(_ body: (PodService) async throws -> Void) async throws {
            try await withNode { node in
                let guest = try #require(ProcessInfo.processInfo.environment["APUS_GUEST"])
                let service = try PodService(
                    node: NodeConfiguration(
                        root: node.root,
                        runRoot: node.runRoot,
                        program: node.program,
                        guest: FilePath(guest)
                    )
                )
                try await body(service)
            }
        }
    }
}
