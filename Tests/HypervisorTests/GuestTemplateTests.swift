import FoundationEssentials
import SystemPackage
import TestSupport
import Testing

@testable import Hypervisor
@testable import Linux

/// The guest that Apus boots.
private enum InstalledGuest {
    private static let environment = ProcessInfo.processInfo.environment
    static let isHere =
        InstalledQEMU.exists && environment["APUS_GUEST"] != nil && environment["APUS_TEST_ROOT"] != nil
    static let need: Comment = "needs qemu-system-x86_64, APUS_GUEST and APUS_TEST_ROOT (scripts/test sets them)"

    static func image(cache: FilePath) async throws -> GuestImage {
        let (guest, root) = (try #require(environment["APUS_GUEST"]), try #require(environment["APUS_TEST_ROOT"]))
        let choice = environment["APUS_KERNEL"].flatMap { KernelChoice($0) } ?? .automatic
        return try await GuestImage.prepare(
            guest: FilePath(guest),
            kernel: try KernelBundle.find(choice, in: FilePath(root).appending("kernel")),
            cache: cache
        )
    }
}

/// Templates of the guest that Apus boots.
@Suite(
    "templates of the guest",
    .enabled(if: InstalledGuest.isHere, InstalledGuest.need),
    .serialized,
    .timeLimit(.minutes(5))
)
struct GuestTemplateTests {
    private struct Place {
        let qemu: QEMU
        let guest: GuestImage
        let folder: FilePath
        let shape = MachineShape(memory: 256 << 20, processors: 1)

        func directory(_ name: String) throws -> VMDirectory {
            let path = folder.appending(name)
            try FileManager.default.createDirectory(atPath: path.string, withIntermediateDirectories: false)
            return VMDirectory(path)
        }

        func template(
            prepare: @escaping @Sendable (any VirtualMachine) async throws -> Void = { _ in }
        ) async throws -> MachineTemplate {
            try await qemu.makeTemplate(shape, guest: guest, in: directory("template"), prepare: prepare)
        }

        func restore(
            _ template: MachineTemplate,
            _ name: String,
            layers: [LayerFile] = []
        ) async throws -> any VirtualMachine {
            let id = "\(name)-\(folder.lastComponent?.string ?? "")"
            var configuration = VMConfiguration(id: id, memory: shape.memory, processors: 1, guest: guest)
            configuration.layers = layers
            return try await qemu.restore(template, configuration, in: directory(name))
        }
    }

    private static func withPlace(_ body: (Place) async throws -> Void) async throws {
        try await withTemporaryFolder { folder in
            let qemu = try await InstalledQEMU.qemu(in: folder)
            let guest = try await InstalledGuest.image(cache: folder.appending("guest"))
            try await body(Place(qemu: qemu, guest: guest, folder: folder))
        }
    }

    @Test("machines that are restored have their agent's port open, and take disks")
    func restored() async throws {
        try await Self.withPlace { place in
            let template = try await place.template()
            #expect(try template.key == place.qemu.templateKey(place.shape, guest: place.guest))
            #expect(!place.folder.appending("template").exists)
            for name in ["a", "b"] {
                let machine = try await place.restore(template, name)
                do { try await Self.use(machine, place) } catch {
                    try await machine.kill()
                    throw error
                }
                try await machine.kill()
            }
            try template.verify()
        }
    }

    @Test("a machine can be restored with layers, and gets more behind them")
    func layers() async throws {
        try await Self.withPlace { place in
            let layers = try (1...3).map { index in
                let path = place.folder.appending("layer\(index)")
                try AtomicFile.write([UInt8](repeating: UInt8(index), count: 4096), to: path)
                return LayerFile(path, size: 4096)
            }
            let machine = try await place.restore(try await place.template(), "a", layers: Array(layers.prefix(2)))
            do {
                try await machine.waitForAgent(timeout: .seconds(5))
                let error = await #expect(throws: HypervisorError.self) { try await machine.fill([layers[2]], from: 2) }
                #expect(error?.message.contains("slot 2 has another layer") == true)
                try await machine.fill(layers, from: 1)
                #expect(try await machine.status() == .running)
            } catch {
                try await machine.kill()
                throw error
            }
            try await machine.kill()
        }
    }

    private static func use(_ machine: any VirtualMachine, _ place: Place) async throws {
        try await machine.waitForAgent(timeout: .seconds(5))
        let path = place.folder.appending("disk")
        try AtomicFile.write([UInt8](repeating: 0, count: 4096), to: path)
        try await machine.attachDisk(DiskAttachment(id: "disk", path: path, serial: "s", readOnly: true))
        // The guest takes part in this.
        try await machine.detachDisk("disk")
        #expect(try await machine.status() == .running)
    }

    @Test("a template's machine that is killed is an error that says so, and leaves nothing")
    func killed() async throws {
        try await Self.withPlace { place in
            let error = await #expect(throws: HypervisorError.self) {
                _ = try await place.template { machine in
                    try ProcessHandle.open(ProcessIdentity(of: machine.processID))?.kill()
                    // Whoever prepares is waiting for the guest when its machine ends.
                    try await Task.sleep(for: .seconds(60))
                }
            }
            #expect(
                error?.message.hasSuffix("virtual machine was killed by signal 9") == true,
                "\(String(describing: error))"
            )
            #expect(!place.folder.appending("template").exists)
        }
    }

    @Test("an error of the preparation is passed on, and leaves nothing")
    func unprepared() async throws {
        struct Refusal: Error {}
        try await Self.withPlace { place in
            await #expect(throws: Refusal.self) { _ = try await place.template { _ in throw Refusal() } }
            #expect(!place.folder.appending("template").exists)
        }
    }
}
