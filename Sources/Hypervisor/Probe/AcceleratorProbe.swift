import FoundationEssentials
import Linux
package import SystemPackage

/// Finds out which accelerator works, by booting the real guest.
///
/// `/dev/kvm` alone proves nothing: under some nested hypervisors it opens, and the guest then spins for ever.
package struct AcceleratorProbe: Sendable {
    private let executable: FilePath
    private let jail: JailRoot?
    private let guest: GuestImage
    private let runRoot: FilePath
    private let device: FilePath
    /// A KVM guest needs well under a second; one that is not there after five is not coming.
    private let bound: Duration

    /// Prepares to probe with a program and a guest; results are kept in `<run root>/accelerator.json`.
    package init(
        executable: FilePath,
        jail: JailRoot?,
        guest: GuestImage,
        runRoot: FilePath,
        device: FilePath = "/dev/kvm",
        bound: Duration = .seconds(5)
    ) {
        self.executable = executable
        self.jail = jail
        self.guest = guest
        self.runRoot = runRoot
        self.device = device
        self.bound = bound
    }

    /// The accelerator to use; forced KVM that does not work is an error that says why.
    package func resolve(_ policy: AcceleratorPolicy) async throws -> Accelerator {
        if policy == .tcg { return .tcg }
        guard let reason = try await reasonAgainstKVM() else { return .kvm }
        guard policy == .kvm else { return .tcg }
        throw HypervisorError(.host, "kvm does not work here: \(reason) (use the accelerator \"tcg\" or \"auto\")")
    }

    /// What keeps KVM from working; `nil` if it works.
    private func reasonAgainstKVM() async throws -> String? {
        do {
            _ = try OwnedFD.open(device, .readWrite)
        } catch {
            return error.errno == .noSuchFileOrDirectory
                ? "there is no \(device)" : "\(device) cannot be opened (\(error.errno))"
        }
        let key = try key()
        if let known = AcceleratorVerdict.read(from: file), known.key == key { return known.reason }
        return try await exclusively {
            if let known = AcceleratorVerdict.read(from: file), known.key == key { return known.reason }
            let verdict = AcceleratorVerdict(key: key, reason: try await tryBoot())
            try await blocking { try verdict.write(to: file) }
            return verdict.reason
        }
    }

    /// Keeps other processes from probing at the same time; they find the verdict when it is their turn.
    private func exclusively(_ body: () async throws -> String?) async throws -> String? {
        try FileManager.default.createDirectory(atPath: runRoot.string, withIntermediateDirectories: true)
        let patience = bound + .seconds(25)
        guard let lock = try await FileLock.wait(for: runRoot.appending("accelerator.lock"), atMost: patience) else {
            throw HypervisorError(.timeout, "another process keeps probing for kvm (see \(runRoot))")
        }
        let result: Result<String?, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        lock.release()
        return try result.get()
    }

    private var file: FilePath { runRoot.appending("accelerator.json") }

    /// What a verdict holds for: this boot of the host, this kernel, this QEMU.
    private func key() throws -> String {
        let program = try FileStatus(executable)
        return "\(try HostMachine.bootID()) \(guest.kernelVersion) \(executable) \(program.size) \(program.modified)"
    }

    private func tryBoot() async throws -> String? {
        let folder = runRoot.appending("accelerator-probe")
        // A probe that was killed may have left its machine.
        try await VMRemains(VMDirectory(folder)).kill()
        try? FileManager.default.removeItem(atPath: folder.string)
        try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder.string) }
        let configuration = VMConfiguration(
            id: "accelerator-probe",
            memory: 256 << 20,
            processors: 1,
            guest: guest
        )
        do {
            let machine = try await QEMU(executable: executable, accelerator: .kvm, jail: jail)
                .boot(configuration, in: VMDirectory(folder))
            return try await outcome(of: machine)
        } catch let error as HypervisorError {
            return error.message
        }
    }

    private func outcome(of machine: QEMUMachine) async throws -> String? {
        var reason: String?
        var cancelled: CancellationError?
        do {
            try await machine.waitForAgent(timeout: bound)
        } catch let error as CancellationError {
            cancelled = error
        } catch {
            reason = (error as? HypervisorError)?.message ?? "\(error)"
        }
        try await machine.kill()
        if let cancelled { throw cancelled }
        return reason
    }
}

/// What a probe has found, as kept for the next start.
struct AcceleratorVerdict: Codable, Sendable, Hashable {
    let key: String
    /// Why KVM does not work; absent if it does.
    let reason: String?

    func write(to path: FilePath) throws {
        try AtomicFile.write(JSONEncoder().encode(self), to: path)
    }

    static func read(from path: FilePath) -> AcceleratorVerdict? {
        guard let bytes = try? WholeFile.read(path, limit: 64 << 10) else { return nil }
        return try? JSONDecoder().decode(AcceleratorVerdict.self, from: Data(bytes))
    }
}
