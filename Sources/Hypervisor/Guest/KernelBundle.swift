import FoundationEssentials
import Linux
package import SystemPackage

/// A guest kernel with its modules, as `make kernel` fetches it.
package struct KernelBundle: Sendable, Hashable {
    /// Its version, such as `6.1.0-56-cloud-amd64`.
    package let version: String
    private let folder: FilePath

    /// The kernel's compressed file, which KVM boots with a random address layout.
    package var image: FilePath { folder.appending("vmlinuz") }
    var modules: FilePath { folder.appending("modules") }
    var builtInList: FilePath { folder.appending("modules.builtin") }

    /// Finds the kernel that `current` names in a folder of kernels (`<data>/kernel`).
    package static func current(in root: FilePath) throws -> KernelBundle {
        let missing = HypervisorError(.missing, "no guest kernel under \(root) (fetch it with \"make kernel\")")
        let link = root.appending("current")
        guard let target = try? FileManager.default.destinationOfSymbolicLink(atPath: link.string),
            let version = FilePath(target).lastComponent?.string
        else { throw missing }
        let bundle = KernelBundle(version: version, folder: root.appending(version))
        guard (try? FileStatus(bundle.image)) != nil else { throw missing }
        return bundle
    }
}
