import AgentProtocol
import Hypervisor
import Images
import Linux
import OCI
import Sandboxes
import SystemPackage

/// What a pod becomes, worked out from the image and the user's wishes before anything is started.
struct ContainerPlan: Sendable {
    /// The only container of a pod so far.
    static let containerID = "main"
    /// The serial number of the disk that its changes go to, if they are to survive its run.
    static let changesDisk = "changes"
    /// The size of that disk, of which only what is written takes room.
    private static let usualSize: UInt64 = 10 << 30
    /// The number of its first process.
    static let initProcess: UInt32 = 1

    let record: PodRecord
    let image: Image

    /// Whether the container's changes go to a disk and are there at its next start.
    ///
    /// A container that is removed when it ends has no next start, and keeps them in memory: nothing is faster.
    var keepsChanges: Bool { !record.spec.autoRemove }

    /// The size of the disk for them.
    var writableSize: UInt64 { record.spec.writableSize ?? Self.usualSize }

    /// What asks its process to end: the user's choice, the image's, or SIGTERM.
    var stopSignal: UInt8 {
        record.spec.stopSignal ?? image.configuration.stopSignal.flatMap { SignalName.number($0) } ?? 15
    }

    /// The command line: the image's entrypoint and command, or the user's in their place, by Docker's rules.
    ///
    /// An entrypoint of the user's makes the image's command void.
    static func commandLine(_ spec: PodSpec, _ image: Image) throws(PodsError) -> [String] {
        let entrypoint = spec.entrypoint ?? image.configuration.entrypoint
        let defaults = spec.entrypoint == nil ? image.configuration.command : []
        let line = entrypoint + (spec.command.isEmpty ? defaults : spec.command)
        guard !line.isEmpty else {
            throw PodsError(.invalid, "image \"\(spec.image)\" names no command (give one after the image)")
        }
        return line
    }

    /// The image's layers as files for a machine.
    func layerFiles() throws -> [LayerFile] {
        try LayerStack(image.layers, of: record.spec.image).layers.map { LayerFile($0.disk, size: $0.size) }
    }

    /// What the guest is asked to start.
    func container(terminal: TerminalSize?) throws -> ContainerSpec {
        let spec = record.spec
        var container = ContainerSpec(
            id: Self.containerID,
            layers: layers,
            writable: keepsChanges ? .disk(serial: Self.changesDisk) : .memory(limit: 0),
            resources: ResourceLimits(memory: spec.memory ?? 0, milliCPU: spec.milliCPU ?? 0),
            process: process(
                id: Self.initProcess,
                arguments: record.commandLine,
                environment: spec.environment,
                workingDirectory: spec.workingDirectory,
                user: spec.user,
                terminal: spec.terminal ? terminal : nil,
                openInput: spec.openInput
            )
        )
        try spec.refinements.apply(to: &container)
        return container
    }

    /// A further process in the container.
    func process(_ exec: ExecSpec, id: UInt32, terminal: TerminalSize?) throws -> ProcessSpec {
        guard !exec.command.isEmpty else { throw PodsError(.invalid, "exec needs a command") }
        var process = process(
            id: id,
            arguments: exec.command,
            environment: record.spec.environment + exec.environment,
            workingDirectory: exec.workingDirectory ?? record.spec.workingDirectory,
            user: exec.user ?? record.spec.user,
            terminal: exec.terminal ? terminal : nil,
            openInput: exec.openInput
        )
        try record.spec.refinements.apply(to: &process, privileged: exec.privileged ?? false)
        return process
    }

    private func process(
        id: UInt32,
        arguments: [String],
        environment: [String],
        workingDirectory: String?,
        user: String?,
        terminal: TerminalSize?,
        openInput: Bool
    ) -> ProcessSpec {
        ProcessSpec(
            id: id,
            arguments: arguments,
            environment: Self.environment(
                image.configuration.environment,
                environment,
                record,
                terminal: terminal != nil
            ),
            workingDirectory: workingDirectory ?? image.configuration.workingDirectory,
            user: user ?? image.configuration.user,
            terminal: terminal,
            openInput: openInput
        )
    }

    /// The environment as Docker composes it: PATH and HOSTNAME, TERM for a terminal, the image's, the user's; the
    /// last setting of a name wins, at the place of the first.
    private static func environment(
        _ image: [String],
        _ user: [String],
        _ record: PodRecord,
        terminal: Bool
    ) -> [String] {
        var names: [Substring] = []
        var values: [Substring: String] = [:]
        let base = [OCIDefaults.path, "HOSTNAME=\(record.hostname)"] + (terminal ? ["TERM=xterm"] : [])
        for setting in base + image + user {
            let name = setting.prefix { $0 != "=" }
            if values.updateValue(setting, forKey: name) == nil { names.append(name) }
        }
        return names.compactMap { values[$0] }
    }
}

extension PodRecord {
    /// The pod's host name.
    var hostname: String { spec.hostname ?? shortID }
}
