import FoundationEssentials
import Linux
package import SystemPackage

/// Virtual machines as QEMU processes of the `microvm` machine type, one each and nothing beside it.
package struct QEMU: Hypervisor {
    /// The program.
    package let executable: FilePath
    /// How guest code is executed.
    package let accelerator: Accelerator
    /// Where its processes are locked up; `nil` leaves them all of this process's rights, which is said each time.
    package let jail: JailRoot?

    /// Uses a QEMU program with an accelerator that is known to work (see `AcceleratorProbe`).
    package init(executable: FilePath, accelerator: Accelerator, jail: JailRoot?) {
        self.executable = executable
        self.accelerator = accelerator
        self.jail = jail
    }

    /// Finds the program in a search path such as the environment's `PATH`.
    package static func locate(searchPath: String) throws -> FilePath {
        for folder in searchPath.split(separator: ":") where folder.hasPrefix("/") {
            let path = FilePath(String(folder)).appending("qemu-system-x86_64")
            if FileManager.default.isExecutableFile(atPath: path.string) { return path }
        }
        throw HypervisorError(.missing, "qemu-system-x86_64 not found (apt-get install qemu-system-x86)")
    }

    package var capabilities: HypervisorCapabilities {
        HypervisorCapabilities(
            accelerator: accelerator,
            maximumDisks: DiskSlots.capacity,
            hotPlugsDisks: true,
            pauses: true
        )
    }

    package func start(
        _ configuration: VMConfiguration,
        in directory: VMDirectory
    ) async throws -> any VirtualMachine {
        try await boot(configuration, in: directory)
    }

    package func reconnect(_ directory: VMDirectory) async throws -> any VirtualMachine {
        guard let record = try await blocking({ VMMRecord.read(from: directory) }) else {
            // A daemon that died between starting QEMU and recording it has left one that nobody was told of.
            await abandon(directory)
            throw HypervisorError(.gone, "no virtual machine was started in \(directory.path)")
        }
        guard try record.bootID == HostMachine.bootID(), let handle = try ProcessHandle.open(record.process) else {
            throw HypervisorError(.gone, "virtual machine \"\(record.id)\" has ended (see \(directory.console))")
        }
        let process = QEMUProcess(record: record, directory: directory, handle: handle)
        let monitor = try await QMPClient.connect(to: directory.monitorSocket)
        let devices = try await monitor.execute(QMPListObjects(path: "/machine/peripheral"))
        let slots = DiskSlots(devices: devices.map(\.name))
        return QEMUMachine(process: process, monitor: monitor, slots: slots, layerDisk: .unknown)
    }

    func boot(_ configuration: VMConfiguration, in directory: VMDirectory) async throws -> QEMUMachine {
        try await launch(configuration, .kernel, in: directory)
    }

    /// Starts QEMU and connects to its monitor.
    func launch(
        _ configuration: VMConfiguration,
        _ origin: MachineOrigin,
        in directory: VMDirectory
    ) async throws -> QEMUMachine {
        var slots = DiskSlots()
        for disk in configuration.disks { _ = try slots.take(disk.id) }
        let arguments = arguments(configuration, origin)
        let process = try await blocking { try QEMUProcess.launch(self, arguments, in: directory) }
        do {
            let monitor = try await QMPClient.connect(to: directory.monitorSocket)
            // What was there from the start is read back, should more come one day.
            let layerDisk = configuration.layers.isEmpty ? LayerDiskState.known(LayerSlots()) : .unknown
            return QEMUMachine(process: process, monitor: monitor, slots: slots, layerDisk: layerDisk)
        } catch {
            try await process.end()
            if error is CancellationError { throw error }
            let words = QEMUProcess.lastWords(directory)
            throw HypervisorError(
                .host,
                "qemu did not start virtual machine \"\(configuration.id)\": \(words)",
                cause: error
            )
        }
    }

    func arguments(_ configuration: VMConfiguration, _ origin: MachineOrigin) -> QEMUArguments {
        QEMUArguments(
            configuration: configuration,
            accelerator: accelerator,
            tscKilohertz: HostMachine.tscKilohertz,
            origin: origin
        )
    }

    private func abandon(_ directory: VMDirectory) async {
        guard let monitor = try? await QMPClient.connect(to: directory.monitorSocket, timeout: .seconds(2)) else {
            return
        }
        _ = try? await monitor.execute(QMPQuit(), timeout: .seconds(2))
    }
}
