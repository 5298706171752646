import AgentProtocol

/// A file opened by QEMU as a block device (QMP type `BlockdevOptions`).
struct BlockNode: Encodable, Sendable, Hashable {
    let driver: String
    let name: String
    let readOnly: Bool
    let file: File

    /// The host's file beneath, or the server that stands for one.
    struct File: Encodable, Sendable, Hashable {
        struct Server: Encodable, Sendable, Hashable {
            var type = "unix"
            let path: String
        }

        var driver = "file"
        var filename: String?
        var locking: String?
        var server: Server?
        /// Seconds for which requests wait when the server has gone: its next one takes over, as a pod's attendant does.
        var reconnectDelay: Int?

        private enum CodingKeys: String, CodingKey {
            case driver, filename, locking, server, reconnectDelay = "reconnect-delay"
        }
    }

    /// The node of a disk whose file QEMU has in `DescriptorSets`.
    init(_ disk: DiskAttachment, slot: Int) {
        driver = "raw"
        name = DiskSlots.node(slot)
        readOnly = disk.readOnly
        switch disk.content {
        case .server(let socket):
            let path = VMDirectory.socketFolder + "/" + socket
            file = File(driver: "nbd", server: File.Server(path: path), reconnectDelay: 60)
        // Many machines share a read-only file; QEMU's locks would allow that, but refuse it beside any writer of
        // an unrelated kind. A writable file is locked, so that no two machines can write to it.
        case .file:
            let path = DescriptorSets.path(DescriptorSets.disk(target: slot))
            file = File(filename: path, locking: disk.readOnly ? "off" : "auto")
        }
    }

    /// The node of layers that are joined by a text in `DescriptorSets`.
    init(layers generation: Int) {
        driver = "vmdk"
        name = LayerNode.name(generation)
        readOnly = true
        file = File(filename: DescriptorSets.path(DescriptorSets.text(generation)), locking: "off")
    }

    private enum CodingKeys: String, CodingKey { case driver, name = "node-name", readOnly = "read-only", file }
}

/// A disk of the guest's SCSI bus (QEMU device `scsi-hd`).
struct SCSIDisk: Encodable, Sendable, Hashable {
    var driver = "scsi-hd"
    let id: String
    let drive: String
    var bus = "scsi0.0"
    let target: Int
    var lun = 0
    let serial: String

    init(_ disk: DiskAttachment, slot: Int) {
        id = DiskSlots.device(slot, disk.id)
        drive = DiskSlots.node(slot)
        target = slot
        serial = disk.serial
    }

    private init(id: String, drive: String, target: Int, serial: String) {
        self.id = id
        self.drive = drive
        self.target = target
        self.serial = serial
    }

    /// The layer disk.
    static let layers = SCSIDisk(id: LayerNode.name, drive: LayerNode.name, target: 0, serial: LayerDisk.serial)

    private enum CodingKeys: String, CodingKey { case driver, id, drive, bus, target = "scsi-id", lun, serial }
}
