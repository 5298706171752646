import Foundation
import Hypervisor
import Linux
import SystemPackage
import TestSupport
import Testing

@testable import Pods

struct PodStoreTests {
    private static let (first, second) = (
        "abc1" + String(repeating: "0", count: 60), "abc2" + String(repeating: "0", count: 60)
    )

    private func exists(_ path: FilePath) -> Bool { FileManager.default.fileExists(atPath: path.string) }

    // MARK: Finding

    @Test("a pod comes back as it was declared, with everything that its user asked for")
    func roundTrip() async throws {
        try await withPodStore { store in
            let record = PodRecord.sample { spec in
                spec.entrypoint = []
                spec.command = ["echo", "\"quoted\"\n"]
                spec.environment = ["A=b=c", "UMLAUT=ä"]
                (spec.workingDirectory, spec.user, spec.hostname) = ("/tmp", "1:2", "host")
                (spec.terminal, spec.openInput, spec.autoRemove) = (true, true, true)
                (spec.memory, spec.milliCPU) = (UInt64(Int64.max), 1)
            }
            try store.insert(record)
            #expect(try store.list() == [record])
            #expect(try store.find("web") == record)
        }
    }

    @Test("a pod is found by its name, its id, and as much of its id as tells it from others")
    func find() async throws {
        try await withPodStore { store in
            try store.insert(.sample(Self.first, name: "one"))
            try store.insert(.sample(Self.second, name: "two"))
            #expect(try store.find("two").name == "two")
            #expect(try store.find(Self.first).name == "one")
            #expect(try store.find("abc1").name == "one")
            let ambiguous = #expect(throws: PodsError.self) { try store.find("abc") }
            #expect(ambiguous?.code == .invalid)
            #expect(ambiguous?.message == "2 containers have an id that begins with \"abc\" (give more of it)")
        }
    }

    @Test("pods that are made at once get names of their own")
    func freeNames() async throws {
        try await withPodStore { store in
            let names = try await withThrowingTaskGroup(of: String.self) { group in
                for number in 0..<200 {
                    let digits = String(number, radix: 16)
                    let id = String(repeating: "0", count: 64 - digits.count) + digits
                    group.addTask { try store.insertWithFreeName(.sample(id, name: "")).name }
                }
                return try await group.reduce(into: Set<String>()) { $0.insert($1) }
            }
            #expect(names.count == 200)
            #expect(try Set(store.list().map(\.name)) == names)
        }
    }

    @Test("a name goes before the beginning of another's id")
    func nameFirst() async throws {
        try await withPodStore { store in
            try store.insert(.sample(Self.first, name: "one"))
            try store.insert(.sample(Self.second, name: "abc1"))
            #expect(try store.find("abc1").id == Self.second)
        }
    }

    @Test("what is not there is named, the empty word included", arguments: ["nobody", "", "ABC1", "../pods"])
    func missing(name: String) async throws {
        try await withPodStore { store in
            try store.insert(.sample(Self.first, name: "one"))
            let error = #expect(throws: PodsError.self) { try store.find(name) }
            #expect(error?.code == .notFound)
            #expect(error?.message == "no container \"\(name)\" (list them with \"apus ps -a\")")
        }
    }

    @Test("a node without state has no pods, and listing makes none")
    func empty() async throws {
        try await withPodStore { store in
            let pods = try store.list()
            #expect(pods == [])
            #expect(!exists(store.node.root))
        }
    }

    @Test("lists begin with the newest")
    func order() async throws {
        try await withPodStore { store in
            for (id, time) in [("a", 2), ("b", 3), ("c", 1)] as [(String, Int64)] {
                try store.insert(.sample(String(repeating: id, count: 64), name: "pod-\(id)", created: time))
            }
            #expect(try store.list().map(\.name) == ["pod-b", "pod-a", "pod-c"])
        }
    }

    // MARK: Making

    @Test("a name that is taken is refused, with the way out")
    func conflict() async throws {
        try await withPodStore { store in
            try store.insert(.sample(Self.first))
            let error = #expect(throws: PodsError.self) { try store.insert(.sample(Self.second)) }
            #expect(error?.code == .conflict)
            #expect(error?.message.contains("the name \"web\" is taken by container abc100000000") == true)
            #expect(error?.message.contains("apus rm web") == true)
            #expect(try store.list().map(\.id) == [Self.first])
            #expect(!exists(store.directory(Self.second).data))
        }
    }

    @Test("of many that want one name at once, one gets it")
    func concurrentInserts() async throws {
        try await withPodStore { store in
            let winners = await withTaskGroup(of: Bool.self) { group in
                for number in 0..<20 {
                    let id = String(repeating: "0", count: 62) + String(number + 10)
                    group.addTask {
                        do {
                            try store.insert(.sample(id))
                            return true
                        } catch {
                            #expect((error as? PodsError)?.code == .conflict)
                            return false
                        }
                    }
                }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(winners == 1)
            let pods = try store.list()
            #expect(pods.count == 1)
        }
    }

    @Test("a place that cannot hold state is named with the remedy")
    func noFolder() async throws {
        try await withPodStore { store in
            try AtomicFile.write([], to: store.node.root)
            let error = #expect(throws: PodsError.self) { try store.insert(.sample()) }
            #expect(error?.code == .node)
            #expect(error?.message.contains(store.node.root.string) == true)
            #expect(error?.message.contains("--root and --run-root") == true)
        }
    }

    @Test("state is readable for its owner alone")
    func permissions() async throws {
        try await withPodStore { store in
            try store.insert(.sample())
            for folder in [store.directory(PodRecord.sample().id).data, store.directory(PodRecord.sample().id).run] {
                let mode = try FileManager.default.attributesOfItem(atPath: folder.string)[.posixPermissions]
                #expect(mode as? NSNumber == 0o700)
            }
        }
    }

    // MARK: State

    @Test(
        "a state comes back as it was written",
        arguments: [
            .created, .running(since: .max), .paused(since: 7), .restarting(PodExit(code: 1, finished: 3)),
            .exited(PodExit(code: 137, outOfMemory: true, error: "killed", finished: .min)),
        ] as [PodState]
    )
    func state(state: PodState) async throws {
        try await withPodStore { store in
            let record = PodRecord.sample()
            try store.insert(record)
            #expect(store.status(of: record.id) == PodStatus())
            var status = PodStatus(state)
            (status.started, status.finished, status.runs, status.restarts) = (1, 2, 3, 4)
            (status.isStopped, status.outputBase, status.errorBase) = (true, 5, .max)
            try store.setStatus(status, of: record)
            #expect(store.status(of: record.id) == status)
        }
    }

    @Test("what an earlier version wrote is still read, with defaults for what it did not know")
    func earlierVersion() async throws {
        try await withPodStore { store in
            let id = Self.first
            let directory = store.directory(id)
            try store.insert(.sample(id, name: "old"))
            let record = """
                {"id":"\(id)","name":"old","imageID":"sha256:0","commandLine":["sh"],"created":5,"spec":{"image":"busybox",
                "command":["sh"],"environment":[],"terminal":false,"openInput":true,"autoRemove":false,"memory":6291456}}
                """
            try AtomicFile.write(Array(record.utf8), to: directory.record)
            let found = try store.find("old")
            #expect(found.spec.openInput && found.spec.memory == 6_291_456)
            #expect(found.spec.restart == .no && found.spec.labels.isEmpty && found.spec.stopSignal == nil)
            let states: [(String, PodState)] = [
                (#"{"created":{}}"#, .created), (#"{"running":{"since":9}}"#, .running(since: 9)),
                (
                    #"{"exited":{"_0":{"code":3,"outOfMemory":true,"finished":8}}}"#,
                    .exited(PodExit(code: 3, outOfMemory: true, finished: 8))
                ),
            ]
            for (text, state) in states {
                try AtomicFile.write(Array(text.utf8), to: directory.state)
                #expect(store.status(of: id) == PodStatus(state))
            }
        }
    }

    // MARK: Renaming

    @Test("a pod with a new name is found by that alone, and the old one is free")
    func rename() async throws {
        try await withPodStore { store in
            try store.insert(.sample(Self.first, name: "one"))
            let (old, new) = try store.rename(Self.first, to: "two")
            #expect(old.name == "one" && new.name == "two")
            #expect(try store.find("two") == new)
            #expect(throws: PodsError.self) { try store.find("one") }
            try store.insert(.sample(Self.second, name: "one"))
            #expect(try store.find("one").id == Self.second)
        }
    }

    @Test("a name that is taken, or the pod's own, is refused, and nothing changes")
    func renameConflict() async throws {
        try await withPodStore { store in
            try store.insert(.sample(Self.first, name: "one"))
            try store.insert(.sample(Self.second, name: "two"))
            for (name, code) in [("two", .conflict), ("one", .invalid)] as [(String, PodsError.Code)] {
                let error = #expect(throws: PodsError.self) { try store.rename(Self.first, to: name) }
                #expect(error?.code == code)
            }
            #expect(try store.find("one").id == Self.first)
            #expect(try store.find("two").id == Self.second)
        }
    }

    // MARK: Removing, and crashes

    @Test("a pod that was removed leaves nothing, and may be removed again")
    func remove() async throws {
        try await withPodStore { store in
            let record = PodRecord.sample()
            try store.insert(record)
            try store.setStatus(PodStatus(.running(since: 1)), of: record)
            try store.remove(record.id)
            try store.remove(record.id)
            #expect(try store.list() == [])
            #expect(!exists(store.directory(record.id).data))
            #expect(!exists(store.directory(record.id).run))
            try store.insert(record)
        }
    }

    @Test("the end of a run leaves the pod")
    func removeRun() async throws {
        try await withPodStore { store in
            let record = PodRecord.sample()
            try store.insert(record)
            try store.removeRun(record.id)
            #expect(try store.find("web") == record)
            #expect(!exists(store.directory(record.id).run))
        }
    }

    @Test("what a crash left half made, or half removed, is in no list, and the next sweep takes it")
    func sweep() async throws {
        try await withPodStore { store in
            let (whole, half) = (PodRecord.sample(Self.first, name: "one"), PodRecord.sample(Self.second, name: "two"))
            try store.insert(whole)
            try store.insert(half)
            // Both making and removing are interrupted with folders and without a record.
            try FileManager.default.removeItem(atPath: store.directory(half.id).record.string)
            #expect(try store.list() == [whole])
            #expect(throws: PodsError.self) { try store.find("two") }
            try store.sweep()
            #expect(!exists(store.directory(half.id).data))
            #expect(!exists(store.directory(half.id).run))
            #expect(try store.list() == [whole])
            try store.insert(half)
        }
    }

    @Test("a half pod that somebody still works on is not swept")
    func sweepSparesTheBusy() async throws {
        try await withPodStore { store in
            let record = PodRecord.sample()
            try store.insert(record)
            let directory = store.directory(record.id)
            guard let lock = try FileLock.tryAcquire(directory.lock) else {
                Issue.record("somebody else has the lock")
                return
            }
            try FileManager.default.removeItem(atPath: directory.record.string)
            try store.sweep()
            #expect(exists(directory.data))
            lock.release()
            try store.sweep()
            #expect(!exists(directory.data))
        }
    }

    @Test("a stray file among the pods keeps nothing from working")
    func strayFile() async throws {
        try await withPodStore { store in
            try store.insert(.sample())
            try AtomicFile.write([], to: store.node.root.appending("pods").appending("stray"))
            try store.sweep()
            #expect(try store.list().count == 1)
        }
    }

    @Test("an unreadable record hides its pod and no other")
    func tornRecord() async throws {
        try await withPodStore { store in
            try store.insert(.sample(Self.first, name: "one"))
            try store.insert(.sample(Self.second, name: "two"))
            try AtomicFile.write(Array("{\"id\":".utf8), to: store.directory(Self.second).record)
            #expect(try store.list().map(\.name) == ["one"])
        }
    }

    @Test("the sockets of a pod have room in an address under the usual run root")
    func socketPaths() {
        let node = NodeConfiguration(root: "/var/lib/apus", runRoot: "/run/apus", program: "/x", guest: "/x")
        let directory = PodDirectory(node: node, id: Self.first)
        for socket in [directory.socket, directory.machine.agentSocket, directory.machine.monitorSocket] {
            #expect(socket.string.utf8.count <= 107)
        }
        #expect(directory.socket == "/run/apus/pods/abc100000000/pod.sock")
    }
}
