import Crypto
import FoundationEssentials
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Hypervisor
@testable import Linux

/// Saving and restoring with a guest of a few instructions, which counts.
@Suite("templates", .enabled(if: InstalledQEMU.exists, "needs qemu-system-x86_64"), .timeLimit(.minutes(1)))
struct TemplateTests {
    /// What a guest has counted to, by QEMU's own look into its memory.
    private struct Peek: QMPCommand {
        typealias Reply = String
        static let name = "human-monitor-command"
        var line = "xp /1uw \(TinyKernel.counter)"
        private enum CodingKeys: String, CodingKey { case line = "command-line" }
    }

    private static func count(_ machine: any VirtualMachine) async throws -> UInt32 {
        let text = try await #require(machine as? QEMUMachine).monitor.execute(Peek())
        return try #require(text.split(whereSeparator: \.isWhitespace).last.flatMap { UInt32($0) })
    }

    /// A guest that counts, in a file, and never opens an agent port.
    private struct Source {
        let qemu: QEMU
        let folder: FilePath
        let configuration: VMConfiguration
        var shape: MachineShape { MachineShape(memory: configuration.memory, processors: 1) }

        init(_ folder: FilePath) async throws {
            qemu = try await InstalledQEMU.qemu(in: folder)
            self.folder = folder
            configuration = try QEMUTests.configuration(in: folder, text: "hello\n", ending: .count)
        }

        func directory(_ name: String) throws -> VMDirectory {
            let path = folder.appending(name)
            try FileManager.default.createDirectory(atPath: path.string, withIntermediateDirectories: false)
            return VMDirectory(path)
        }

        func configuration(_ name: String) -> VMConfiguration {
            var configuration = configuration
            configuration.id += "-\(name)"
            return configuration
        }

        /// Saves a machine that has counted; `change` may spoil what was saved.
        func template(change: ([UInt8]) -> [UInt8] = { $0 }) async throws -> MachineTemplate {
            let memory = try MemoryFile.make(size: configuration.memory)
            let state = try MemoryFile.make(size: 0)
            let machine = try await qemu.launch(
                configuration("source"),
                .kernelInFile(memory: memory.rawValue),
                in: try directory("source")
            )
            do {
                while try await count(machine) < 1000 { try Task.checkCancellation() }
                try await machine.save(to: state.rawValue)
            } catch {
                try await machine.kill()
                throw error
            }
            try await machine.kill()
            let bytes = change(try WholeFile.read(MemoryFile.path(of: state), limit: 1 << 20))
            try state.descriptor.resize(to: 0)
            try state.descriptor.writeAll(toAbsoluteOffset: 0, bytes)
            return try MachineTemplate(key: "key", shape: shape, memory: memory, state: state)
        }

        func restore(_ template: MachineTemplate, _ name: String) async throws -> any VirtualMachine {
            try await qemu.restore(template, configuration(name), in: try directory(name))
        }
    }

    private static func withSource(_ body: (Source) async throws -> Void) async throws {
        try await withTemporaryFolder { try await body(Source($0)) }
    }

    /// Makes sure that neither a process, nor a control group, nor a socket is left of a machine.
    private static func expectNothing(of id: String, in directory: VMDirectory) throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: "/proc") where Int32(name) != nil {
            let words = (try? ProcFile.read(FilePath("/proc/\(name)/cmdline"))) ?? ""
            #expect(!words.contains("\0\(id)\0"), "process \(name)")
        }
        for folder in HostCgroup.named(id).folders { #expect(!folder.exists, "\(folder)") }
        for file in [directory.agentSocket, directory.monitorSocket, directory.record] { #expect(!file.exists) }
    }

    private static func digest(_ template: MachineTemplate) throws -> String {
        let bytes = try WholeFile.read(MemoryFile.path(of: template.memory), limit: 64 << 20)
        return SHA256.hash(data: bytes).description
    }

    @Test("three machines go on at once where one was saved, and change nothing of its memory")
    func clones() async throws {
        try await Self.withSource { source in
            let template = try await source.template()
            #expect((4096...1_000_000).contains(template.memoryInUse), "\(template.memoryInUse)")
            #expect((10_000...1_000_000).contains(template.stateSize), "\(template.stateSize)")
            let before = try Self.digest(template)
            let saved = try MemoryFile.reopened(template.memory)
            var number: UInt32 = 0
            _ = try withUnsafeMutableBytes(of: &number) {
                try saved.descriptor.read(fromAbsoluteOffset: Int64(TinyKernel.counter), into: $0)
            }
            #expect(number >= 1000)
            let machines = try await withThrowingTaskGroup(of: (any VirtualMachine).self) { group in
                for name in ["a", "b", "c"] { group.addTask { try await source.restore(template, name) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            for machine in machines {
                #expect(try await machine.status() == .running)
                let first = try await Self.count(machine)
                #expect(first > number)
                while try await Self.count(machine) == first { try Task.checkCancellation() }
                try await machine.kill()
            }
            #expect(Set(machines.map(\.processID)).count == 3)
            #expect(try Self.digest(template) == before)
            try template.verify()
        }
    }

    @Test("nobody can write to a template, nor make it longer or shorter")
    func sealed() async throws {
        try await Self.withSource { source in
            let template = try await source.template()
            for path in [MemoryFile.path(of: template.memory), MemoryFile.path(of: template.state)] {
                let file = try OwnedFD.open(path, .readWrite)
                #expect(throws: Errno.notPermitted) { try file.descriptor.writeAll(toAbsoluteOffset: 0, [1]) }
                #expect(throws: Errno.notPermitted) { try file.descriptor.resize(to: 1) }
                #expect(throws: Errno.notPermitted) { try file.descriptor.resize(to: 1 << 30) }
            }
        }
    }

    enum Damage: String, CaseIterable {
        case flipped, truncated, cut, emptied, scrambled, lengthened

        func apply(_ state: [UInt8]) -> [UInt8] {
            switch self {
            case .flipped: [state[0] ^ 1] + state.dropFirst()
            case .truncated: Array(state.prefix(state.count / 2))
            case .cut: Array(state.prefix(100))
            case .emptied: []
            case .scrambled: state.map { $0 ^ 0xa5 }
            case .lengthened: Array(state.prefix(5000)) + state
            }
        }
    }

    @Test(
        "a saved state that cannot be loaded is an error with QEMU's words, and leaves nothing",
        arguments: Damage.allCases
    )
    func damagedState(damage: Damage) async throws {
        let name = damage.rawValue
        try await Self.withSource { source in
            let template = try await source.template(change: damage.apply)
            let error = await #expect(throws: HypervisorError.self) { _ = try await source.restore(template, name) }
            let id = source.configuration(name).id
            #expect(error?.message.hasPrefix("cannot restore \"\(id)\": ") == true, "\(String(describing: error))")
            #expect(error?.message.contains("qemu-system-x86_64: ") == true, "\(String(describing: error))")
            try Self.expectNothing(of: id, in: VMDirectory(source.folder.appending(name)))
        }
    }

    @Test("a template that is not what was saved is refused before anything starts")
    func notWhatWasSaved() async throws {
        try await Self.withSource { source in
            let good = try await source.template()
            let template = try MachineTemplate(
                key: good.key,
                shape: good.shape,
                memory: good.memory.duplicate(),
                state: good.state.duplicate(),
                stateDigest: Array(repeating: 0, count: 32)
            )
            let error = await #expect(throws: HypervisorError.self) { _ = try await source.restore(template, "x") }
            #expect(error?.message == "template of 64 MiB is not what was saved (make another one)")
            try Self.expectNothing(of: source.configuration("x").id, in: VMDirectory(source.folder.appending("x")))
        }
    }

    @Test("a machine of another shape is refused before anything starts")
    func otherShape() async throws {
        try await Self.withSource { source in
            let template = try await source.template()
            var configuration = source.configuration("x")
            configuration.memory *= 2
            let directory = try source.directory("x")
            let error = await #expect(throws: HypervisorError.self) {
                _ = try await source.qemu.restore(template, configuration, in: directory)
            }
            #expect(error?.message == "\"\(configuration.id)\" has another shape than its template (boot it)")
            try Self.expectNothing(of: configuration.id, in: directory)
        }
    }

    @Test("a QEMU that is killed while it saves or loads is an error, and leaves nothing", arguments: [true, false])
    func killed(saving: Bool) async throws {
        try await Self.withSource { source in
            let template = saving ? nil : try await source.template()
            let memory = try MemoryFile.make(size: source.configuration.memory)
            let state = try MemoryFile.make(size: 0)
            let (directory, configuration) = (try source.directory("x"), source.configuration("x"))
            let origin: MachineOrigin =
                template.map { .template(memory: $0.memory.rawValue) } ?? .kernelInFile(memory: memory.rawValue)
            let machine = try await source.qemu.launch(configuration, origin, in: directory)
            // A stopped QEMU cannot be done before it is killed.
            try ProcessHandle.open(machine.process.record.process)?.kill(19)
            let number = template?.state.rawValue ?? state.rawValue
            let begun = Mutex(false)
            async let work: Void = source.qemu.finishing(machine, as: "test") { machine in
                begun.withLock { $0 = true }
                try await saving ? machine.save(to: number) : machine.load(from: number)
            }
            while !begun.withLock({ $0 }) { await Task.yield() }
            try ProcessHandle.open(machine.process.record.process)?.kill()
            var error: HypervisorError?
            do { try await work } catch let thrown as HypervisorError { error = thrown }
            #expect(error?.code == .gone, "\(String(describing: error))")
            #expect(error?.message.hasPrefix("cannot test \"\(configuration.id)\": ") == true)
            try Self.expectNothing(of: configuration.id, in: directory)
            _ = consume state
            _ = consume memory
        }
    }

    @Test("a machine whose folder gets another name is found there, by itself and by a new daemon")
    func relocation() async throws {
        try await Self.withSource { source in
            let machine = try await source.qemu.start(source.configuration("x"), in: try source.directory("x"))
            do { try await Self.relocate(machine, source) } catch {
                try await machine.kill()
                throw error
            }
            try await machine.kill()
            try Self.expectNothing(of: source.configuration("x").id, in: machine.directory)
        }
    }

    private static func relocate(_ machine: any VirtualMachine, _ source: Source) async throws {
        let old = VMDirectory(source.folder.appending("x"))
        let taken = try source.directory("taken")
        try AtomicFile.write([1], to: taken.path.appending("file"))
        await #expect(throws: LinuxError.self) { try await machine.relocate(to: taken) }
        #expect(machine.directory == old)
        #expect(await machine.consoleTail(lines: 1) == ["hello"])
        let new = try source.directory("new")
        try await machine.relocate(to: new)
        #expect(!old.path.exists)
        #expect(machine.directory == new && machine.agentSocket == new.agentSocket)
        #expect(new.console.exists)
        try #require(machine as? QEMUMachine).monitor.close()
        let again = try await source.qemu.reconnect(new)
        #expect(try await again.status() == .running)
        #expect(again.processID == machine.processID)
        #expect(await again.consoleTail(lines: 1) == ["hello"])
    }

    @Test("a template's key changes with whatever its machines depend on, and with nothing else")
    func keys() async throws {
        try await Self.withSource { source in
            let guest = source.configuration.guest
            let key = try source.qemu.templateKey(source.shape, guest: guest)
            #expect(key.utf8.count == 64)
            #expect(try source.qemu.templateKey(source.shape, guest: guest) == key)
            var others = [
                try source.qemu.templateKey(MachineShape(memory: 128 << 20, processors: 1), guest: guest),
                try source.qemu.templateKey(MachineShape(memory: 64 << 20, processors: 2), guest: guest),
                try QEMU(executable: source.qemu.executable, accelerator: .kvm, jail: nil)
                    .templateKey(source.shape, guest: guest),
                try QEMU(executable: "/bin/sh", accelerator: .tcg, jail: nil).templateKey(source.shape, guest: guest),
            ]
            for file in [guest.initramfs, guest.kernel(for: .tcg)] {
                try AtomicFile.write(try WholeFile.read(file, limit: 1 << 20) + [0], to: file)
                others.append(try source.qemu.templateKey(source.shape, guest: guest))
            }
            #expect(Set(others + [key]).count == 7)
        }
    }
}
