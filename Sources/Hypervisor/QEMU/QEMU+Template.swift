import FoundationEssentials
import Linux
import SystemPackage

import struct Crypto.SHA256

extension QEMU {
    /// A guest under emulation needs 2.7 s on an idle machine (measured), and as long again for each that boots beside.
    private static let bootPatience = Duration.seconds(60)

    package func makeTemplate(
        _ shape: MachineShape,
        guest: GuestImage,
        in directory: VMDirectory,
        prepare: @escaping @Sendable (any VirtualMachine) async throws -> Void
    ) async throws -> MachineTemplate {
        defer { try? FileManager.default.removeItem(atPath: directory.path.string) }
        let name = "template-\(String(UInt64.random(in: .min ... .max), radix: 16))"
        let configuration = VMConfiguration(
            id: name,
            memory: shape.memory,
            processors: shape.processors,
            guest: guest
        )
        try configuration.validate()
        let key = try templateKey(shape, guest: guest)
        let memory = try MemoryFile.make(size: shape.memory)
        let state = try MemoryFile.make(size: 0)
        let machine = try await launch(configuration, .kernelInFile(memory: memory.rawValue), in: directory)
        let stateNumber = state.rawValue
        try await finishing(machine, as: "make a template of") { machine in
            try await machine.waitForAgent(timeout: Self.bootPatience)
            try await prepare(machine)
            try await machine.save(to: stateNumber)
        }
        try await machine.kill()
        return try MachineTemplate(key: key, shape: shape, memory: memory, state: state)
    }

    package func restore(
        _ template: MachineTemplate,
        _ configuration: VMConfiguration,
        in directory: VMDirectory
    ) async throws -> any VirtualMachine {
        guard configuration.memory == template.shape.memory, configuration.processors == template.shape.processors
        else {
            throw HypervisorError(.invalid, "\"\(configuration.id)\" has another shape than its template (boot it)")
        }
        try await blocking { try template.verify() }
        try configuration.validate()
        var diskless = configuration
        // The template has none; disks that were there from the start would not be noticed by the guest.
        diskless.disks = []
        let machine = try await launch(diskless, .template(memory: template.memory.rawValue), in: directory)
        try await finishing(machine, as: "restore") { machine in
            let state = try MemoryFile.reopened(template.state)
            try await machine.load(from: state.rawValue)
            // QEMU has its own by now.
            _ = consume state
            for disk in configuration.disks { try await machine.attachDisk(disk) }
        }
        return machine
    }

    package func templateKey(_ shape: MachineShape, guest: GuestImage) throws -> String {
        let configuration = VMConfiguration(
            id: "template",
            memory: shape.memory,
            processors: shape.processors,
            guest: guest
        )
        var facts = arguments(configuration, .kernel).fixed + [try HostMachine.bootID()]
        for file in [executable, guest.kernel(for: accelerator), guest.initramfs] {
            let status = try FileStatus(file)
            facts.append("\(file) \(status.size) \(status.modified)")
        }
        let digest = SHA256.hash(data: Data(facts.joined(separator: "\n").utf8))
        return digest.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    /// Does the first things with a machine; if one fails, or the machine ends, nothing is left of it but its logs.
    func finishing(
        _ machine: QEMUMachine,
        as work: String,
        _ body: @escaping @Sendable (QEMUMachine) async throws -> Void
    ) async throws {
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                defer { group.cancelAll() }
                group.addTask { throw HypervisorError(.gone, "\(try await machine.waitForExit())") }
                group.addTask { try await body(machine) }
                try await group.next()
            }
        } catch {
            try await machine.kill()
            guard let error = error as? HypervisorError else { throw error }
            let id = machine.process.record.id
            throw HypervisorError(error.code, "cannot \(work) \"\(id)\": \(error.message)", cause: error.cause)
        }
    }
}
