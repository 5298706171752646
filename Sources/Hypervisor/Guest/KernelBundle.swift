import FoundationEssentials
import Linux
package import SystemPackage

/// A guest kernel with its modules, as `make kernel` fetches it or `make guest-kernel` builds it.
package struct KernelBundle: Sendable, Hashable {
    /// Its version, such as `6.1.0-56-cloud-amd64`.
    package let version: String
    private let folder: FilePath

    /// The kernel's compressed file, which KVM boots with a random address layout.
    package var image: FilePath { folder.appending("vmlinuz") }
    /// The same kernel as a plain ELF file, where the set brings one.
    var plainImage: FilePath? { existing("vmlinux") }
    /// The folder of its modules; a kernel without one has everything in itself.
    var modules: FilePath? { existing("modules") }
    var builtInList: FilePath { folder.appending("modules.builtin") }

    private func existing(_ name: String) -> FilePath? {
        let path = folder.appending(name)
        return (try? FileStatus(path)) == nil ? nil : path
    }

    /// Finds the kernel of a choice in a folder of kernels (`<data>/kernel`), whose links `current` and `own` name the
    /// packaged one and the one built for Apus.
    package static func find(_ choice: KernelChoice = .automatic, in root: FilePath) throws -> KernelBundle {
        switch choice {
        case .automatic: try linked(root.appending("own")) ?? packaged(in: root)
        case .packaged: try packaged(in: root)
        case .own: try own(in: root)
        case .folder(let folder): try given(folder)
        }
    }

    private static func packaged(in root: FilePath) throws -> KernelBundle {
        if let bundle = linked(root.appending("current")) { return bundle }
        throw HypervisorError(.missing, "no guest kernel under \(root) (fetch it with \"make kernel\")")
    }

    private static func own(in root: FilePath) throws -> KernelBundle {
        if let bundle = linked(root.appending("own")) { return bundle }
        throw HypervisorError(.missing, "no own guest kernel under \(root) (build it with \"make guest-kernel\")")
    }

    private static func given(_ folder: FilePath) throws -> KernelBundle {
        if let bundle = linked(folder) ?? complete(folder) { return bundle }
        throw HypervisorError(.missing, "no guest kernel in \(folder) (it needs a file vmlinuz)")
    }

    /// The set that a link names: a link that moves on must not change what a machine is booting from.
    private static func linked(_ link: FilePath) -> KernelBundle? {
        guard let target = try? FileManager.default.destinationOfSymbolicLink(atPath: link.string) else { return nil }
        return complete(link.removingLastComponent().pushing(FilePath(target)))
    }

    private static func complete(_ folder: FilePath) -> KernelBundle? {
        guard let version = folder.lastComponent?.string else { return nil }
        let bundle = KernelBundle(version: version, folder: folder)
        return bundle.existing("vmlinuz") == nil ? nil : bundle
    }
}
