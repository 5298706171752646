import Foundation
import Linux
import SystemPackage
import TestSupport
import Testing

@testable import Hypervisor

enum InstalledQEMU {
    static let exists = (try? path()) != nil
    static func path() throws -> FilePath { try QEMU.locate(searchPath: "/usr/bin:/bin") }

    /// Where its machines are locked up, if this user can do that.
    static func jail(in folder: FilePath) async throws -> JailRoot? {
        guard geteuid() == 0 else { return nil }
        return try await JailRoot.prepare(path(), cache: folder.appending("jail"))
    }

    /// An emulator whose machines are locked up.
    static func qemu(in folder: FilePath) async throws -> QEMU {
        try await QEMU(executable: path(), accelerator: .tcg, jail: jail(in: folder))
    }
}

/// Real QEMU processes whose guest is a handful of instructions; booting Linux is for the integration tests.
@Suite("QEMU", .enabled(if: InstalledQEMU.exists, "needs qemu-system-x86_64"), .timeLimit(.minutes(1)))
struct QEMUTests {
    /// Starts a machine, and kills it whatever happens.
    private static func withMachine(
        text: String = "hello\n",
        ending: TinyKernel.Ending = .halt,
        _ body: (QEMU, any VirtualMachine, FilePath) async throws -> Void
    ) async throws {
        try await withTemporaryFolder { folder in
            let qemu = try await InstalledQEMU.qemu(in: folder)
            let configuration = try configuration(in: folder, text: text, ending: ending)
            let machine = try await qemu.start(configuration, in: VMDirectory(folder))
            do { try await body(qemu, machine, folder) } catch {
                try await machine.kill()
                throw error
            }
            try await machine.kill()
            #expect(try await machine.status() == .ended)
        }
    }

    static func configuration(
        in folder: FilePath,
        text: String,
        ending: TinyKernel.Ending
    ) throws -> VMConfiguration {
        let kernel = folder.appending("kernel"), initramfs = folder.appending("initramfs")
        try TinyKernel.write(to: kernel, text: text, ending: ending)
        try AtomicFile.write([UInt8](repeating: 0, count: 512), to: initramfs, permissions: 0o644)
        let guest = GuestImage(
            kernelVersion: "0",
            compressedKernel: kernel,
            plainKernel: kernel,
            initramfs: initramfs
        )
        let name = "test-\(folder.lastComponent?.string ?? "")"
        return VMConfiguration(id: name, memory: 64 << 20, processors: 1, guest: guest)
    }

    private static func disk(_ id: String, in folder: FilePath, bytes: Int = 4096) throws -> DiskAttachment {
        let path = folder.appending("\(id).img")
        try AtomicFile.write([UInt8](repeating: 0, count: bytes), to: path)
        return DiskAttachment(id: id, path: path, serial: "serial-\(id)", readOnly: true)
    }

    @Test("a guest that resets after a panic is reported with its last words, to every waiter and later")
    func panic() async throws {
        let text = "booting\nKernel panic - not syncing: no root\n"
        try await Self.withMachine(text: text, ending: .reset) { _, machine, folder in
            async let other = machine.waitForExit()
            let exit = try await machine.waitForExit()
            #expect(exit.reason == .panic("no root"))
            #expect(exit.console == ["booting", "Kernel panic - not syncing: no root"])
            #expect(try await other == exit)
            #expect(try await machine.waitForExit() == exit)
            #expect(try ProcFile.read(VMDirectory(folder).console) == text)
        }
    }

    @Test("a machine is paused, resumed and killed")
    func pauseAndKill() async throws {
        try await Self.withMachine { _, machine, _ in
            #expect(try await machine.status() == .running)
            try await machine.pause()
            #expect(try await machine.status() == .paused)
            try await machine.resume()
            #expect(try await machine.status() == .running)
            async let exit = machine.waitForExit()
            try await machine.kill()
            try await machine.kill()
            #expect(try await exit.reason == .killed(signal: 9))
        }
    }

    @Test("a machine that is killed from outside ends with the signal's number")
    func killedFromOutside() async throws {
        try await Self.withMachine { _, machine, folder in
            let record = try #require(VMMRecord.read(from: VMDirectory(folder)))
            async let exit = machine.waitForExit()
            try ProcessHandle.open(record.process)?.kill()
            #expect(try await exit.reason == .killed(signal: 9))
            #expect(throws: LinuxError.self) { try FileStatus(machine.agentSocket) }
        }
    }

    @Test("a new daemon finds the machine, its disks and its console again")
    func reconnect() async throws {
        try await Self.withMachine { qemu, machine, folder in
            try await machine.attachDisk(Self.disk("one", in: folder))
            // QEMU serves one monitor client at a time; the daemon that died would have closed its connection, too.
            try #require(machine as? QEMUMachine).monitor.close()
            let again = try await qemu.reconnect(VMDirectory(folder))
            await #expect(throws: HypervisorError.self) { try await again.attachDisk(Self.disk("one", in: folder)) }
            try await again.attachDisk(Self.disk("two", in: folder))
            #expect(await again.consoleTail(lines: 5) == ["hello"])
            try await again.kill()
            let error = await #expect(throws: HypervisorError.self) {
                _ = try await qemu.reconnect(VMDirectory(folder))
            }
            #expect(error?.code == .gone)
        }
    }

    @Test("a disk that cannot be attached is refused in words, and its place stays free")
    func badDisks() async throws {
        try await Self.withMachine { _, machine, folder in
            let missing = DiskAttachment(id: "m", path: "/nonexistent", serial: "s", readOnly: true)
            let truncated = try Self.disk("t", in: folder, bytes: 1000)
            let unserved = DiskAttachment(id: "u", content: .server(socket: "none.sock"), serial: "s", readOnly: true)
            for (disk, words) in [
                (missing, "cannot open file /nonexistent of disk \"m\""), (truncated, "truncated: it has 1000 bytes"),
                (unserved, "cannot attach"),
            ] {
                let error = await #expect(throws: HypervisorError.self) { try await machine.attachDisk(disk) }
                #expect(error?.message.contains(words) == true, "\(String(describing: error))")
            }
            try await machine.attachDisk(Self.disk("g", in: folder))
            let error = await #expect(throws: HypervisorError.self) { try await machine.detachDisk("t") }
            #expect(error?.message == "disk \"t\" is not attached")
        }
    }

    @Test("a guest that never opens its agent port is reported with its console")
    func agentTimeout() async throws {
        try await Self.withMachine { _, machine, _ in
            let error = await #expect(throws: HypervisorError.self) {
                try await machine.waitForAgent(timeout: .milliseconds(500))
            }
            #expect(error?.code == .timeout)
            #expect(error?.message.hasSuffix("last console lines: hello") == true, "\(String(describing: error))")
        }
    }

    @Test("a kernel that QEMU refuses is an error with QEMU's words, and leaves nothing behind")
    func badKernel() async throws {
        try await withTemporaryFolder { folder in
            var configuration = try Self.configuration(in: folder, text: "", ending: .halt)
            configuration.guest = GuestImage(
                kernelVersion: "0",
                compressedKernel: "/nonexistent",
                plainKernel: nil,
                initramfs: "/nonexistent"
            )
            let qemu = try await InstalledQEMU.qemu(in: folder)
            let error = await #expect(throws: HypervisorError.self) {
                _ = try await qemu.start(configuration, in: VMDirectory(folder))
            }
            #expect(error?.message.contains("/nonexistent") == true, "\(String(describing: error))")
            #expect(VMMRecord.read(from: VMDirectory(folder)) == nil)
        }
    }

    @Test("a search path without QEMU says what to install")
    func notInstalled() {
        let error = #expect(throws: HypervisorError.self) { try QEMU.locate(searchPath: "/nonexistent:relative") }
        #expect(error?.message == "qemu-system-x86_64 not found (apt-get install qemu-system-x86)")
    }
}

@Suite("accelerator probe", .enabled(if: InstalledQEMU.exists, "needs qemu-system-x86_64"))
struct AcceleratorProbeTests {
    private static func probe(device: FilePath, in folder: FilePath) async throws -> AcceleratorProbe {
        let kernel = folder.appending("kernel")
        try TinyKernel.write(to: kernel, text: "x", ending: .halt)
        let guest = GuestImage(kernelVersion: "0", compressedKernel: kernel, plainKernel: nil, initramfs: kernel)
        return AcceleratorProbe(
            executable: try InstalledQEMU.path(),
            jail: try await InstalledQEMU.jail(in: folder),
            guest: guest,
            runRoot: folder,
            device: device,
            bound: .milliseconds(300)
        )
    }

    @Test("without a device, forced KVM is an error that says so, and auto means TCG")
    func noDevice() async throws {
        try await withTemporaryFolder { folder in
            let probe = try await Self.probe(device: "/nonexistent/kvm", in: folder)
            #expect(try await probe.resolve(.auto) == .tcg)
            #expect(try await probe.resolve(.tcg) == .tcg)
            let error = await #expect(throws: HypervisorError.self) { try await probe.resolve(.kvm) }
            #expect(
                error?.message
                    == "kvm does not work here: there is no /nonexistent/kvm (use the accelerator \"tcg\" or \"auto\")"
            )
        }
    }

    @Test("a device that opens proves nothing: the guest must answer; the verdict is kept, the probe is not")
    func silentGuest() async throws {
        try await withTemporaryFolder { folder in
            let probe = try await Self.probe(device: "/dev/null", in: folder)
            #expect(try await probe.resolve(.auto) == .tcg)
            let verdict = try #require(AcceleratorVerdict.read(from: folder.appending("accelerator.json")))
            #expect(verdict.reason != nil)
            #expect(try verdict.key.hasPrefix(HostMachine.bootID()))
            #expect(throws: LinuxError.self) { try FileStatus(folder.appending("accelerator-probe")) }
        }
    }
}
