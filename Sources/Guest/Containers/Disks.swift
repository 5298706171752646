import AgentProtocolEmbedded
import CLinux

/// The layers that containers are made of: found by their disks' serial numbers, mounted once, unmounted with their
/// last user.
final class Disks {
    private final class Mounted {
        let source: LayerSource
        let path: String
        var users = 0
        /// Whether one of the users is the machine itself, which never lets go of it.
        var isRetained = false

        init(source: LayerSource, path: String) {
            self.source = source
            self.path = path
        }
    }

    private var mounted: [Mounted] = []
    private var next = 0

    /// Mounts layers read-only, those that are not mounted already.
    ///
    /// - Returns: the mount points, or `nil` while one of the layers has not appeared; then nothing was done.
    func acquire(_ layers: [LayerSource]) throws(AgentFailure) -> [String]? {
        guard let devices = try devices(of: layers) else { return nil }
        var paths: [String] = []
        do throws(AgentFailure) {
            for index in layers.indices { paths.append(try mount(layers[index], devices[index])) }
        } catch {
            release([LayerSource](layers.prefix(paths.count)))
            throw error
        }
        return paths
    }

    /// Mounts layers for as long as the machine lives.
    ///
    /// - Returns: whether all of them have appeared; else nothing was done.
    func retain(_ layers: [LayerSource]) throws(AgentFailure) -> Bool {
        let added = layers.filter { layer in index(of: layer).map { !mounted[$0].isRetained } ?? true }
        guard try acquire(added) != nil else { return false }
        for layer in added { index(of: layer).map { mounted[$0].isRetained = true } }
        return true
    }

    /// Whether nothing is mounted.
    var areFree: Bool { mounted.isEmpty }

    /// Ends a use of layers.
    func release(_ layers: [LayerSource]) {
        for layer in layers {
            guard let index = index(of: layer) else { continue }
            mounted[index].users -= 1
            guard mounted[index].users == 0 else { continue }
            let path = mounted.remove(at: index).path
            if umount2(path, 0) != 0 { Log.line("unmount \(path): errno \(lx_errno())") }
            rmdir(path)
        }
    }

    private func index(of layer: LayerSource) -> Int? {
        mounted.firstIndex { $0.source.partition == layer.partition && $0.source.serial.isSame(as: layer.serial) }
    }

    /// Adds a user to a layer, mounting it for the first.
    private func mount(_ layer: LayerSource, _ device: String) throws(AgentFailure) -> String {
        if let index = index(of: layer) {
            mounted[index].users += 1
            return mounted[index].path
        }
        let entry = Mounted(source: layer, path: "/l/\(next)")
        try System.mount("erofs", on: entry.path, source: device, flags: MS_RDONLY | MS_NODEV)
        next += 1
        entry.users = 1
        mounted.append(entry)
        return entry.path
    }

    /// The device nodes of layers, once all of them can be opened.
    private func devices(of layers: [LayerSource]) throws(AgentFailure) -> [String]? {
        var devices: [String] = []
        var serial = ""
        var disk = ""
        for layer in layers {
            // An image's layers are on one disk, which is looked up once.
            if devices.isEmpty || !layer.serial.isSame(as: serial) {
                guard let found = Disks.disk(serial: layer.serial) else { return nil }
                serial = layer.serial
                disk = found
            }
            guard let device = try Disks.device(disk, partition: layer.partition) else { return nil }
            devices.append(device)
        }
        return devices
    }

    /// The kernel's name for the disk with this serial number.
    static func disk(serial: String) -> String? {
        System.entries(of: "/sys/block").first { serialNumber(of: $0)?.isSame(as: serial) == true }
    }

    /// The device node of a disk, or of one of its partitions, once it can be opened.
    ///
    /// A disk's node appears about 40 ms before the disk is live and gives ENXIO until then (measured on 6.1). A
    /// partition that the kernel does not know yet is one of a disk that is live.
    static func device(_ disk: String, partition: UInt8 = 0) throws(AgentFailure) -> String? {
        let node = path(disk, partition)
        if isLive(node) { return node }
        guard partition > 0, isLive(path(disk, 0)) else { return nil }
        try addPartition(disk, Int(partition))
        return node
    }

    /// Makes the partitions that most containers need, once the layer disk is live.
    ///
    /// Requests go to it as they come, because the host puts them in order anyway: a scheduler is only more code to
    /// translate in each clone.
    ///
    /// - Returns: whether it is.
    func prepare() throws(AgentFailure) -> Bool {
        guard let disk = Disks.disk(serial: LayerDisk.serial), Disks.isLive(Disks.path(disk, 0)) else { return false }
        for slot in 1...LayerDisk.preparedSlots { try Disks.addPartition(disk, slot) }
        try Disks.addPartition(disk, LayerDisk.slots)
        try System.write("none", to: "/sys/block/\(disk)/queue/scheduler")
        return true
    }

    /// Tells the kernel of a slot, unless it knows of it.
    private static func addPartition(_ disk: String, _ slot: Int) throws(AgentFailure) {
        let result = lx_add_partition(path(disk, 0), Int32(slot), LayerDisk.offset(of: slot), LayerDisk.slotSize)
        try System.checkShim(result, "add partition \(slot) of \(disk)")
    }

    /// The kernel's names of SCSI disks end in a letter, so a partition's number follows without a `p`.
    private static func path(_ disk: String, _ partition: UInt8) -> String {
        partition == 0 ? "/dev/\(disk)" : "/dev/\(disk)\(partition)"
    }

    private static func isLive(_ node: String) -> Bool { OwnedFile(lx_open(node, O_RDONLY, 0)).isOpen }

    /// A SCSI disk's unit serial number: page 0x80 of its vital product data, behind a header of 4 bytes.
    private static func serialNumber(of name: String) -> String? {
        let page = System.read("/sys/block/\(name)/device/vpd_pg80")
        guard page.count > 4 else { return nil }
        var bytes = [UInt8](page[4..<min(page.count, 4 + Int(page[3]))])
        while bytes.last == UInt8(ascii: " ") || bytes.last == 0 { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }
}
