package import SystemPackage

/// Which of a node's kernels guests boot.
package enum KernelChoice: Sendable, Hashable {
    /// The own kernel where it was built, or else the packaged one.
    case automatic
    /// The distribution's kernel (`make kernel`).
    case packaged
    /// The kernel that was built for Apus (`make guest-kernel`).
    case own
    /// A set of files in a folder: `vmlinuz`, perhaps `vmlinux`, `modules` and `modules.builtin`.
    case folder(FilePath)

    /// Reads a choice as users write it; `nil` for anything but a known word or an absolute path.
    package init?(_ text: String) {
        switch text {
        case "auto": self = .automatic
        case "packaged": self = .packaged
        case "own": self = .own
        default:
            guard text.hasPrefix("/") else { return nil }
            self = .folder(FilePath(text).lexicallyNormalized())
        }
    }

    /// The text that `init` reads.
    package var text: String {
        switch self {
        case .automatic: "auto"
        case .packaged: "packaged"
        case .own: "own"
        case .folder(let folder): folder.string
        }
    }
}
