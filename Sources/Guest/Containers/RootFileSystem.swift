import AgentProtocolEmbedded
import CLinux

/// A container's root: an overlay of its layers and a writable layer.
final class RootFileSystem {
    /// The folder of everything that belongs to the container.
    private let folder: String
    private let layers: [LayerSource]
    private let disks: Disks
    private var mounts: [String] = []

    /// Where the root is mounted.
    var root: String { "\(folder)/root" }

    /// Where the container's changes are.
    var changes: String { "\(folder)/changes/upper" }

    /// Mounts the root.
    ///
    /// - Returns: `nil` while one of its disks has not appeared.
    static func make(_ spec: ContainerSpec, disks: Disks) throws(AgentFailure) -> RootFileSystem? {
        guard let writable = try device(of: spec.writable), let paths = try disks.acquire(spec.layers) else {
            return nil
        }
        let result = RootFileSystem(id: spec.id, layers: spec.layers, disks: disks)
        do throws(AgentFailure) {
            try result.mount(lower: paths, writable: writable)
        } catch {
            disks.release(spec.layers)
            throw error
        }
        return result
    }

    private enum Writable {
        case memory(UInt64)
        case device(String)
    }

    private static func device(of layer: WritableLayer) throws(AgentFailure) -> Writable? {
        switch layer {
        case .memory(let limit): return .memory(limit)
        case .disk(let serial):
            guard let disk = Disks.disk(serial: serial), let device = try Disks.device(disk) else { return nil }
            return .device(device)
        }
    }

    private init(id: String, layers: [LayerSource], disks: Disks) {
        folder = "/run/containers/\(id)"
        self.layers = layers
        self.disks = disks
    }

    private func mount(lower: [String], writable: Writable) throws(AgentFailure) {
        do throws(AgentFailure) {
            let changes = "\(folder)/changes"
            switch writable {
            case .memory(let limit):
                let size = limit > 0 ? ",size=\(limit)" : ""
                try mount("tmpfs", on: changes, source: "tmpfs", options: "mode=755\(size)")
            case .device(let device):
                try mount("ext4", on: changes, source: device)
            }
            System.makeFolders("\(changes)/upper")
            System.makeFolders("\(changes)/work")
            var options = "lowerdir="
            for index in lower.indices.reversed() { options += lower[index] + (index > 0 ? ":" : "") }
            options += ",upperdir=\(changes)/upper,workdir=\(changes)/work"
            // An archive of the changes must not depend on what a kernel was built to do by default: with these, what
            // lies in the upper folder is all there is to say about it.
            options += ",redirect_dir=off,metacopy=off,index=off"
            try mount("overlay", on: root, source: "overlay", options: options)
        } catch {
            unmount()
            throw error
        }
    }

    private func mount(_ type: String, on path: String, source: String, options: String = "") throws(AgentFailure) {
        try System.mount(type, on: path, source: source, options: options)
        mounts.append(path)
    }

    /// Unmounts everything and lets go of the disks.
    func remove() {
        unmount()
        disks.release(layers)
    }

    private func unmount() {
        for path in mounts.reversed() where umount2(path, 0) != 0 {
            Log.line("unmount \(path): errno \(lx_errno())")
            umount2(path, Int32(MNT_DETACH))
        }
        mounts = []
        for name in ["root", "changes"] { rmdir("\(folder)/\(name)") }
        rmdir(folder)
    }
}
