import Foundation
import Hypervisor
import Sandboxes
import SystemPackage
import TestSupport
import Testing

@testable import Pool

@Suite(.timeLimit(.minutes(1)))
struct MachinePoolTests {
    @Test("the first request boots, the next ones find machines that wait, later ones are cloned")
    func origins() async throws {
        try await withPool { fixture in
            let first = try await fixture.take()
            #expect(first.origin == .boot && first.isFresh && first.renewal == nil)
            try await fixture.until { $0.idle == 2 }
            fixture.maker.hold(.make)
            let hits = [try await fixture.take(), try await fixture.take()]
            #expect(hits.allSatisfy { $0.origin == .pool && !$0.isFresh && $0.renewal == nil && !$0.hasImage })
            let clone = try await fixture.take()
            #expect(clone.origin == .template && clone.isFresh && clone.renewal != nil)
            let counters = await fixture.pool.metrics.counters
            #expect([counters.hits, counters.templateStarts, counters.coldStarts, counters.misses] == [2, 1, 1, 2])
            #expect(counters.templatesBuilt == 1 && counters.failures == 0)
        }
    }

    @Test("a pool that is not running boots machines")
    func notRunning() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try PoolFixture(PoolConfiguration(for: .tcg), PoolFolder(folder))
            for _ in 0..<3 { #expect(try await fixture.take().origin == .boot) }
            #expect(fixture.maker.state.value.begun[.build] == nil)
        }
    }

    @Test("however many ask at once, no machine is handed out twice")
    func burst() async throws {
        try await withPool({ ($0.machinesPerShape, $0.maximumMachines) = (4, 8) }) { fixture in
            try await fixture.fill(4)
            let machines = try await withThrowingTaskGroup(of: FakeMachine?.self) { group in
                for _ in 0..<50 { group.addTask { try await fixture.take().machine as? FakeMachine } }
                return try await group.reduce(into: []) { $0.append($1) }.compactMap { $0 }
            }
            #expect(machines.count == 50)
            #expect(Set(machines.map(\.name)).count == 50)
        }
    }

    @Test("many requests for one template build it once, and wait for it no longer than is worth it")
    func singleFlight() async throws {
        try await withPool { fixture in
            fixture.maker.hold(.build)
            #expect(try await fixture.take().origin == .boot)
            try await fixture.maker.begun(.build)
            try await withThrowingTaskGroup(of: ReadyMachine.Origin.self) { group in
                for _ in 0..<10 { group.addTask { try await fixture.take().origin } }
                fixture.maker.release(.build)
                for try await origin in group { #expect(origin == .template || origin == .pool) }
            }
            #expect(fixture.maker.state.value.begun[.build] == 1)
        }
    }

    @Test("a request that has waited long enough for a template boots")
    func patience() async throws {
        try await withPool { fixture in
            fixture.maker.hold(.build)
            _ = try await fixture.take()
            try await fixture.maker.begun(.build)
            async let late = fixture.take()
            fixture.pass(.seconds(5))
            // The request may have come before or after the time passed; it has to be over for it in both cases.
            while fixture.maker.state.value.begun[.boot, default: 0] < 2 {
                fixture.pass(.seconds(5))
                await Task.yield()
            }
            #expect(try await late.origin == .boot)
        }
    }

    @Test("a machine that dies while it waits is replaced after a while")
    func death() async throws {
        try await withPool({ $0.machinesPerShape = 1 }) { fixture in
            try await fixture.fill(1)
            try #require(fixture.maker.running.first { $0.name.hasPrefix("pool") }).die()
            try await fixture.until { $0.idle == 0 && $0.counters.failures == 1 }
            #expect(fixture.log.value == ["an idle machine has ended by itself"])
            fixture.pass(.seconds(1))
            try await fixture.until { $0.idle == 1 }
        }
    }

    @Test("a machine that dies while it is handed out is replaced by another")
    func deathInHandOut() async throws {
        try await withPool { fixture in
            try await fixture.fill()
            fixture.maker.hold(.handOver)
            async let taken = fixture.take()
            try await fixture.maker.begun(.handOver)
            let victim = try #require(fixture.maker.running.filter { $0.name.hasPrefix("pool") }.first)
            victim.die()
            fixture.maker.release(.handOver)
            let ready = try await taken
            #expect(ready.origin == .pool)
            #expect((ready.machine as? FakeMachine)?.name != victim.name)
        }
    }

    @Test("a request that is cancelled while it gets a machine leaves none")
    func cancelledRequest() async throws {
        try await withPool { fixture in
            try await fixture.fill()
            fixture.maker.hold(.handOver)
            await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { _ = try await fixture.take() }
                _ = try? await fixture.maker.begun(.handOver)
                group.cancelAll()
                await #expect(throws: CancellationError.self) { try await group.waitForAll() }
            }
            fixture.maker.release(.handOver)
            try await fixture.until { $0.idle == 2 }
            #expect(fixture.maker.running.count == 3, "two that wait, and the one that was booted first")
        }
    }

    @Test("when nothing but booting works, machines boot, and the log says so once")
    func surrender() async throws {
        try await withPool { fixture in
            fixture.maker.hold(.make)
            _ = try await fixture.take()
            try await fixture.until { !$0.templates.isEmpty }
            fixture.maker.fail(.restore, times: 1000)
            for round in 1...2 {
                for _ in 0..<3 { #expect(try await fixture.take().origin == .boot) }
                fixture.maker.fail(.restore, times: 1000)
                if round == 1 { try await fixture.until { $0.counters.templatesBuilt == 2 } }
            }
            for _ in 0..<5 { #expect(try await fixture.take().origin == .boot) }
            #expect(await fixture.pool.metrics.templates.isEmpty)
            try await fixture.log.wait { lines in lines.contains { $0.hasPrefix("machines boot cold") } }
            #expect(fixture.log.value.count == 2)
            #expect(fixture.log.value.first == "a template cannot be cloned")
        }
    }

    @Test("a build that fails is tried again later")
    func failedBuild() async throws {
        try await withPool { fixture in
            fixture.maker.fail(.build, times: 2)
            _ = try await fixture.take()
            for failures in [1, 2] as [UInt64] {
                try await fixture.until { $0.counters.failures == failures }
                fixture.pass(.seconds(2))
            }
            try await fixture.until { $0.idle == 2 }
            #expect(fixture.log.value == ["cannot build a template"])
        }
    }

    @Test("a template that does not fit any more is built anew")
    func stale() async throws {
        try await withPool({ $0.machinesPerShape = 0 }) { fixture in
            _ = try await fixture.take()
            try await fixture.until { !$0.templates.isEmpty }
            fixture.maker.fail(.restore, times: 1, with: PoolError(.stale, "QEMU was upgraded"))
            #expect(try await fixture.take().origin == .boot)
            try await fixture.until { $0.counters.templatesBuilt == 2 && !$0.templates.isEmpty }
            #expect(try await fixture.take().origin == .template)
        }
    }

    @Test("an image that is asked for again finds a machine that was prepared for it")
    func affinity() async throws {
        try await withPool { fixture in
            for _ in 0..<2 { _ = try await fixture.take(PoolFixture.request(PoolFixture.image)) }
            try await fixture.until { $0.idle == 2 && $0.idleWithImage == 1 }
            let other = try await fixture.take(PoolFixture.request(PoolFixture.image, project: "blue"))
            #expect(other.origin == .boot, "another project's machines are not for this one")
            let ready = try await fixture.take(PoolFixture.request(PoolFixture.image))
            #expect(ready.origin == .affine && ready.hasImage && !ready.isFresh)
            #expect(await fixture.pool.metrics.counters.affineHits == 1)
        }
    }

    @Test("memory pressure ends what waits, and filling goes on when it is over")
    func pressure() async throws {
        try await withPool { fixture in
            try await fixture.fill()
            fixture.memory.update { $0 = 100 << 20 }
            fixture.pass(.seconds(5))
            try await fixture.until { $0.idle == 0 }
            fixture.memory.update { $0 = 8 << 30 }
            fixture.pass(.seconds(5))
            try await fixture.until { $0.idle == 2 }
        }
    }

    @Test("a pool that ends while a machine is made leaves nothing")
    func cancelled() async throws {
        try await withPool { fixture in
            try await fixture.fill()
            fixture.maker.hold(.make)
            _ = try await fixture.take()
            try await fixture.maker.begun(.make, 3)
        }
    }

    @Test("what an earlier daemon left is removed, and only one daemon has a folder")
    func folders() async throws {
        try await withPool { fixture in
            try await fixture.fill()
            let second = try PoolFixture(PoolConfiguration(for: .tcg), fixture.folder)
            let error = await #expect(throws: PoolError.self) { try await second.pool.run() }
            #expect(error?.code == .inUse)
            let again = await #expect(throws: PoolError.self) { try await fixture.pool.run() }
            #expect(again?.code == .inUse)
            #expect(await fixture.pool.metrics.idle == 2)
        }
        try await withTemporaryFolder { folder in
            let left = folder.appending("pool-1")
            try FileManager.default.createDirectory(atPath: left.string, withIntermediateDirectories: true)
            try Data("gone".utf8).write(to: URL(filePath: left.appending("console.log").string))
            let fixture = try PoolFixture(PoolConfiguration(for: .tcg), PoolFolder(folder))
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await fixture.pool.run() }
                _ = try await fixture.take()
                // The folder is empty before anything is built.
                try await fixture.maker.begun(.build)
                #expect(!FileManager.default.fileExists(atPath: left.string))
                group.cancelAll()
            }
        }
    }

    @Test("whatever fails among many requests, each gets a machine and nothing is left", arguments: 0..<5)
    func stress(seed: UInt64) async throws {
        try await withPool({ ($0.backOffMilliseconds, $0.machinesPerShape) = (1, 3) }) { fixture in
            var generator = SplitMix(state: seed)
            for _ in 0..<60 {
                let operation: FakeMaker.Operation =
                    [.build, .make, .restore, .handOver].randomElement(using: &generator) ?? .make
                fixture.maker.fail(operation, times: Int.random(in: 0...2, using: &generator))
                fixture.maker.running.filter { $0.name.hasPrefix("pool") && !$0.isTaken.value }
                    .randomElement(using: &generator)?.die()
                let count = Int.random(in: 1...4, using: &generator)
                try await withThrowingTaskGroup(of: ReadyMachine.self) { group in
                    for _ in 0..<count {
                        group.addTask { try await fixture.take(PoolFixture.request(PoolFixture.image)) }
                    }
                    for try await ready in group {
                        let machine = try #require(ready.machine as? FakeMachine)
                        #expect(machine.take(), "\(machine.name) was handed out twice")
                    }
                }
                fixture.pass(.seconds(1))
            }
        }
    }
}
