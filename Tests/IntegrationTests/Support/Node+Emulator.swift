import Hypervisor
import SystemPackage

extension Node {
    /// What starts the node's machines under emulation, jailed as the command does it.
    func emulator() async throws -> QEMU {
        let program = try QEMU.locate(searchPath: "/usr/bin:/bin")
        let jail = try await JailRoot.prepare(program, cache: root.appending("jail"))
        return QEMU(executable: program, accelerator: .tcg, jail: jail)
    }
}
