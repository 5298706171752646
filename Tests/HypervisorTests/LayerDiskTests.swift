import AgentProtocol
import FoundationEssentials
import Linux
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Hypervisor

/// Lets QEMU itself look at a block device.
private struct Look: QMPCommand {
    typealias Reply = String
    static let name = "human-monitor-command"
    let command: String
    private enum CodingKeys: String, CodingKey { case command = "command-line" }
}

/// The layer disk of real QEMU processes that run.
@Suite("the layer disk", .enabled(if: InstalledQEMU.exists, "needs qemu-system-x86_64"), .timeLimit(.minutes(1)))
struct LayerDiskTests {
    private final class Count: Sendable {
        private let value = Mutex(0)
        func withLock<Result>(_ body: (inout Int) -> Result) -> Result { value.withLock { body(&$0) } }
    }

    private struct Place {
        let qemu: QEMU
        let machine: QEMUMachine
        let folder: FilePath
        let comparisons = Count()

        /// A layer whose bytes are all the same, in one file however often it is asked for.
        func layer(_ byte: UInt8, size: Int = 4096) throws -> LayerFile { try LayerDiskTests.layer(byte, size, folder) }

        /// Has QEMU compare what a guest would read in slots with these bytes, by sectors at this offset.
        func compare(_ slots: KeyValuePairs<Int, UInt8>, offset: Int64 = 0) async throws {
            for (slot, byte) in slots {
                let command = "qemu-io layers \"read -P \(byte) \(LayerDisk.offset(of: slot) + offset) 512\""
                _ = try await machine.monitor.execute(Look(command: command))
                comparisons.withLock { $0 += 1 }
            }
        }

        /// Ends QEMU, which prints only then how the comparisons went.
        ///
        /// - Returns: the slots that had other bytes.
        func differences() async throws -> [String] {
            _ = try? await machine.monitor.execute(QMPQuit(), timeout: .seconds(5))
            _ = try await machine.waitForExit()
            let lines = try ProcFile.read(machine.directory.log).split(separator: "\n")
            #expect(lines.count { $0.hasPrefix("read 512/512") } == comparisons.withLock { $0 })
            return lines.filter { $0.hasPrefix("Pattern verification failed") }.map(String.init)
        }

        /// The numbers under which QEMU keeps files, and the block devices of the layer disk.
        func kept() async throws -> [Int] {
            try await machine.monitor.execute(QMPQueryDescriptors()).map(\.set).sorted()
        }
    }

    private static func layer(_ byte: UInt8, _ size: Int, _ folder: FilePath) throws -> LayerFile {
        let path = folder.appending("layer \(byte) \(size)")
        if (try? FileStatus(path)) == nil { try AtomicFile.write([UInt8](repeating: byte, count: size), to: path) }
        return LayerFile(path, size: Int64(size))
    }

    private static func withMachine(
        _ layers: [UInt8] = [],
        _ body: (Place) async throws -> Void
    ) async throws {
        try await withTemporaryFolder { folder in
            let qemu = try await InstalledQEMU.qemu(in: folder)
            var configuration = try QEMUTests.configuration(in: folder, text: "hello\n", ending: .halt)
            configuration.layers = try layers.map { try layer($0, 4096, folder) }
            let machine = try await qemu.start(configuration, in: VMDirectory(folder))
            do {
                let machine = try #require(machine as? QEMUMachine)
                let place = Place(qemu: qemu, machine: machine, folder: folder)
                try await body(place)
                if try await machine.status() != .ended { #expect(try await place.differences() == []) }
            } catch {
                try await machine.kill()
                throw error
            }
            try await machine.kill()
        }
    }

    @Test("it is filled while the machine runs, and again behind that, and nothing of what was joined before is kept")
    func fill() async throws {
        try await Self.withMachine { place in
            try await place.compare([1: 0, 255: 0])
            try await place.machine.fill([place.layer(1), place.layer(2, size: 512)], from: 1)
            try await place.compare([1: 1, 2: 2])
            try await place.compare([2: 0, 3: 0], offset: 512)
            #expect(try await place.kept() == [0, 1, 2, 513])
            try await place.machine.fill([place.layer(9)], from: 255)
            try await place.compare([1: 1, 255: 9])
            #expect(try await place.kept() == [0, 1, 2, 255, 514])
            try await place.machine.fill([place.layer(1), place.layer(2, size: 512), place.layer(3)], from: 1)
            try await place.compare([1: 1, 3: 3, 255: 9])
            #expect(try await place.kept() == [0, 1, 2, 3, 255, 515])
            let nodes = try await place.machine.monitor.execute(Look(command: "info block -n"))
            #expect(nodes.contains("layers-3") && !nodes.contains("layers-2") && !nodes.contains("null-co"))
            #expect(try await place.machine.status() == .running)
            try await place.compare([1: 7])
            #expect(try await place.differences() == ["Pattern verification failed at offset 1048576, 512 bytes"])
        }
    }

    @Test("the whole disk can be filled, from the start or at once")
    func full() async throws {
        try await Self.withMachine(Array(1...128)) { place in
            try await place.compare([1: 1, 128: 128, 129: 0])
            try await place.machine.fill(try (129...255).map { try place.layer($0) }, from: 129)
            try await place.compare([128: 128, 255: 255])
        }
    }

    @Test("a slot that is filled is not filled with something else, and what cannot be shown changes nothing")
    func refused() async throws {
        try await Self.withMachine { place in
            try await place.machine.fill([place.layer(1)], from: 1)
            let (other, large) = (try place.layer(2), place.folder.appending("large"))
            let file = try OwnedFD.open(large, .writeOnly, options: [.create])
            try file.descriptor.resize(to: LayerDisk.slotSize + 512)
            for (layers, slot, words) in [
                ([other], 1, "slot 1 has another layer"), ([other], 0, "do not fit"), ([other], 256, "do not fit"),
                ([LayerFile(large, size: LayerDisk.slotSize + 512)], 2, "layer \(large) has 68719477248 bytes"),
                ([LayerFile("/nonexistent", size: 512)], 2, "cannot open layer /nonexistent"),
                ([LayerFile(other.path, size: 512)], 2, "has 4096 bytes instead of 512"),
                ([LayerFile(other.path, size: 8192)], 2, "has 4096 bytes instead of 8192"),
            ] {
                let error = await #expect(throws: HypervisorError.self) {
                    try await place.machine.fill(layers, from: slot)
                }
                #expect(error?.message.contains(words) == true, "\(String(describing: error))")
            }
            try await place.compare([1: 1, 2: 0])
            try await place.machine.fill([place.layer(1), other], from: 1)
            try await place.compare([2: 2])
        }
    }

    @Test("a new daemon finds out what is filled, and goes on behind it", arguments: [[], [1, 2]] as [[UInt8]])
    func reconnect(before: [UInt8]) async throws {
        try await Self.withMachine(before) { place in
            if before.isEmpty { try await place.machine.fill([place.layer(1), place.layer(2)], from: 1) }
            place.machine.monitor.close()
            let again = try #require(try await place.qemu.reconnect(VMDirectory(place.folder)) as? QEMUMachine)
            let new = Place(qemu: place.qemu, machine: again, folder: place.folder)
            let error = await #expect(throws: HypervisorError.self) {
                try await again.fill([new.layer(3)], from: 2)
            }
            #expect(error?.message.contains("slot 2 has another layer") == true)
            try await again.fill([new.layer(1)], from: 1)
            try await again.fill([new.layer(3)], from: 3)
            try await new.compare([1: 1, 2: 2, 3: 3])
            #expect(try await new.differences() == [])
        }
    }

    @Test("two who fill it at a time do not get in each other's way: one of them is refused, if any")
    func together() async throws {
        try await Self.withMachine { place in
            let results = try await withThrowingTaskGroup(of: Bool.self) { group in
                for slot in 1...2 {
                    let layer = try place.layer(UInt8(slot))
                    group.addTask {
                        do { try await place.machine.fill([layer], from: slot) } catch let error as HypervisorError {
                            #expect(error.message.contains("other layers are on their way"))
                            return false
                        }
                        return true
                    }
                }
                return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(results >= 1)
            for slot in 1...2 {
                try await place.machine.fill([place.layer(UInt8(slot))], from: slot)
            }
            try await place.compare([1: 1, 2: 2])
        }
    }

    @Test("nobody can write to it, filled or not")
    func write() async throws {
        try await Self.withMachine { place in
            for _ in 0..<2 {
                let command = "qemu-io layers \"write -P 7 \(LayerDisk.offset(of: 1)) 512\""
                let words = try await place.machine.monitor.execute(Look(command: command))
                #expect(words.contains("read-only") || words.contains("Permission conflict"), "\(words)")
                try await place.machine.fill([place.layer(1)], from: 1)
            }
            try await place.compare([1: 1])
        }
    }
}
