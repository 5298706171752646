import Hypervisor
import SystemPackage

/// The hypervisor of a node, with the guest that it boots.
struct NodeHypervisor: Sendable {
    let node: NodeConfiguration

    struct Resolved: Sendable {
        let qemu: QEMU
        let guest: GuestImage
    }

    /// Finds QEMU and the guest kernel, makes the guest's image, and finds out which accelerator works.
    func resolve() async throws -> Resolved {
        let program = try QEMU.locate(searchPath: "/usr/local/bin:/usr/bin:/bin")
        try checkGuest()
        let kernel = try KernelBundle.find(node.kernel, in: node.root.appending("kernel"))
        let guest = try await GuestImage.prepare(
            guest: node.guest,
            kernel: kernel,
            cache: node.root.appending("guest")
        )
        let jail = try await jail(of: program)
        let probe = AcceleratorProbe(executable: program, jail: jail, guest: guest, runRoot: node.runRoot)
        return Resolved(
            qemu: QEMU(executable: program, accelerator: try await probe.resolve(node.accelerator), jail: jail),
            guest: guest
        )
    }

    private func jail(of program: FilePath) async throws -> JailRoot? {
        switch node.jail {
        case .on: try await JailRoot.prepare(program, cache: node.root.appending("jail"))
        case .off: nil
        }
    }

    /// Refuses what the guest's kernel could only panic about.
    private func checkGuest() throws {
        let magic: [UInt8]
        do {
            let file = try FileDescriptor.open(node.guest, .readOnly, options: [.closeOnExec])
            magic = try file.closeAfter {
                try [UInt8](unsafeUninitializedCapacity: 4) {
                    $1 = try file.read(into: UnsafeMutableRawBufferPointer($0))
                }
            }
        } catch {
            throw PodsError(
                .node,
                "guest program \(node.guest) is not there (build it with \"make build\")",
                cause: error
            )
        }
        guard magic == [0x7f] + Array("ELF".utf8) else {
            throw PodsError(.node, "guest program \(node.guest) is no program (build it with \"make build\")")
        }
    }
}
