import AgentProtocol
import Hypervisor
import Linux
import Sandboxes
import SystemPackage

@testable import Pool

/// Machines that are nothing but names, made in the order and with the failures that a test wants.
final class FakeMaker: MachineMaking {
    enum Operation: Hashable, Sendable { case build, make, restore, boot, handOver }

    struct State: Sendable {
        /// How often each operation was begun.
        var begun: [Operation: Int] = [:]
        /// Operations that wait.
        var held: Set<Operation> = []
        /// How many of the next ones fail.
        var failing: [Operation: Int] = [:]
        var failure: any Error = PoolError(.clone, "as the test wants")
        var templates: Set<TemplateID> = []
        var machines: [FakeMachine] = []
        /// Machines of the pool that a request has got.
        var handedOver: Set<String> = []
    }

    let state = Observed(State())

    var running: [FakeMachine] { state.value.machines.filter { $0.exit.value == nil } }

    func hold(_ operation: Operation) { state.update { _ = $0.held.insert(operation) } }
    func release(_ operation: Operation) { state.update { _ = $0.held.remove(operation) } }
    func fail(_ operation: Operation, times: Int, with error: (any Error)? = nil) {
        state.update {
            $0.failing[operation] = times
            if let error { $0.failure = error }
        }
    }

    /// Waits until an operation has been begun so often.
    func begun(_ operation: Operation, _ times: Int = 1) async throws {
        try await state.wait { $0.begun[operation, default: 0] >= times }
    }

    private func perform(_ operation: Operation) async throws {
        state.update { $0.begun[operation, default: 0] += 1 }
        try await state.wait { !$0.held.contains(operation) }
        try state.update { state in
            guard state.failing[operation, default: 0] > 0 else { return }
            state.failing[operation, default: 0] -= 1
            throw state.failure
        }
    }

    private func machine(_ name: String, in directory: VMDirectory) -> FakeMachine {
        let machine = FakeMachine(name: name, directory: directory)
        state.update { $0.machines.append(machine) }
        return machine
    }

    // MARK: MachineMaking

    func buildTemplate(_ id: TemplateID, _ shape: MachineShape, in directory: VMDirectory) async throws {
        try await perform(.build)
        state.update { _ = $0.templates.insert(id) }
    }

    func dropTemplate(_ id: TemplateID) { state.update { _ = $0.templates.remove(id) } }

    func make(_ order: MachineOrder, in directory: VMDirectory) async throws -> any VirtualMachine {
        try await perform(.make)
        return machine(order.name, in: directory)
    }

    func restore(
        _ template: TemplateID,
        for request: MachineRequest,
        in directory: VMDirectory
    ) async throws -> (machine: any VirtualMachine, renewal: Handshake.Renewal) {
        try await perform(.restore)
        return (
            machine(request.id, in: directory),
            Handshake.Renewal(entropy: [UInt8](repeating: 7, count: 64), realtime: 1)
        )
    }

    func boot(_ request: MachineRequest, in directory: VMDirectory) async throws -> any VirtualMachine {
        try await perform(.boot)
        return machine(request.id, in: directory)
    }

    func endRemains(in directory: VMDirectory) async throws {}

    func handOver(
        _ machine: any VirtualMachine,
        named name: String,
        to request: MachineRequest,
        in directory: VMDirectory
    ) async throws {
        try await perform(.handOver)
        guard try await machine.status() == .running else { throw HypervisorError(.gone, "it is dead") }
        try await machine.relocate(to: directory)
        state.update { _ = $0.handedOver.insert(name) }
    }
}

/// A machine that only lives and dies.
final class FakeMachine: VirtualMachine {
    let name: String
    let place: Observed<VMDirectory>
    let exit = Observed<VMExit?>(nil)
    /// Whether a test has got it.
    let isTaken = Observed(false)

    init(name: String, directory: VMDirectory) {
        self.name = name
        place = Observed(directory)
    }

    var directory: VMDirectory { place.value }
    var processID: Int32 { 0 }
    var agentSocket: FilePath { directory.agentSocket }

    func relocate(to directory: VMDirectory) async throws {
        try AtomicFile.rename(self.directory.path, to: directory.path)
        place.update { $0 = directory }
    }

    /// As if somebody killed the process.
    func die() { exit.update { $0 = $0 ?? VMExit(reason: .killed(signal: 9), console: []) } }

    /// Marks it as handed out; false if it was already.
    func take() -> Bool {
        isTaken.update { isTaken in
            defer { isTaken = true }
            return !isTaken
        }
    }

    func fill(_ layers: [LayerFile], from slot: Int) async throws {}
    func attachDisk(_ disk: DiskAttachment) async throws {}
    func detachDisk(_ id: String) async throws {}
    func pause() async throws {}
    func resume() async throws {}
    func status() async throws -> VMStatus { exit.value == nil ? .running : .ended }
    func waitForAgent(timeout: Duration) async throws {}
    func waitForExit() async throws -> VMExit {
        guard let exit = try await exit.wait(until: { $0 != nil }) else { throw CancellationError() }
        return exit
    }
    func kill() async throws { die() }
    func consoleTail(lines: Int) async -> [String] { [] }
}
