import FoundationEssentials
import Linux
import SystemPackage

/// The root folders of all processes of the host.
struct RunningRoots {
    private let identities: Set<FileIdentity>

    /// Looks at every process; one that ends meanwhile has none.
    init() {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        identities = Set(
            names.filter { Int32($0) != nil }.compactMap { try? FileIdentity(FilePath("/proc/\($0)/root/")) }
        )
    }

    /// Whether a process has a folder as its root, under whatever name.
    func contains(_ folder: FilePath) -> Bool {
        guard let identity = try? FileIdentity(folder) else { return false }
        return identities.contains(identity)
    }
}
