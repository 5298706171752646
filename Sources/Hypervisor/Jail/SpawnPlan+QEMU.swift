import Linux
import Logging
import SystemPackage

extension SpawnPlan {
    private static let log = Logger(label: "apus.hypervisor", factory: { StreamLogHandler.standardError(label: $0) })

    /// A QEMU process for a machine, locked up unless the operator wants it otherwise, with an empty environment.
    ///
    /// Its working directory is where it finds the folder of its disk servers' sockets in any case.
    init(_ qemu: QEMU, _ configuration: VMConfiguration, _ directory: VMDirectory, _ arguments: [String]) {
        self.init(qemu.jail?.executable ?? qemu.executable, arguments)
        (newSession, disableHugePages, noNewPrivileges) = (true, true, true)
        limits = VMMBounds(configuration).process(jailed: qemu.jail != nil)
        if let root = qemu.jail {
            jail = Self.jail(root, directory, qemu.accelerator)
        } else {
            self.directory = directory.path
            Self.log.warning(
                "this machine's VMM is not jailed and has all rights of its starter (unset APUS_JAIL)",
                metadata: ["vm.id": "\(configuration.id)"]
            )
        }
    }

    private static func jail(_ root: JailRoot, _ directory: VMDirectory, _ accelerator: Accelerator) -> Jail {
        var jail = Jail(root: root.path)
        jail.folders = [.init(directory.sockets, as: JailRoot.sockets)]
        jail.devices = accelerator == .kvm ? ["/dev/kvm"] : []
        return jail
    }
}
