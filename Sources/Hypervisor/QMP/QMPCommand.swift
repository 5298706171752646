/// A command for QEMU's monitor: its stored properties are the arguments (QEMU's QMP reference).
protocol QMPCommand: Encodable, Sendable {
    /// What the monitor answers with.
    associatedtype Reply: Decodable & Sendable
    /// The command's name on the wire.
    static var name: String { get }
}

/// The answer of a command that has nothing to tell.
struct QMPEmpty: Decodable, Sendable {}

/// Ends the negotiation that every connection begins with.
struct QMPCapabilities: QMPCommand {
    typealias Reply = QMPEmpty
    static let name = "qmp_capabilities"
}

/// Asks for the run state.
struct QMPQueryStatus: QMPCommand {
    struct Reply: Decodable, Sendable { let status: String }
    static let name = "query-status"
}

/// Asks which character devices there are and whether their other side is open.
struct QMPQueryCharacterDevices: QMPCommand {
    struct Device: Decodable, Sendable {
        let label: String
        let isOpenInGuest: Bool

        private enum CodingKeys: String, CodingKey { case label, isOpenInGuest = "frontend-open" }
    }
    typealias Reply = [Device]
    static let name = "query-chardev"
}

/// Stops the guest's processors.
struct QMPStop: QMPCommand {
    typealias Reply = QMPEmpty
    static let name = "stop"
}

/// Lets the guest's processors run.
struct QMPContinue: QMPCommand {
    typealias Reply = QMPEmpty
    static let name = "cont"
}

/// Ends the VMM.
struct QMPQuit: QMPCommand {
    typealias Reply = QMPEmpty
    static let name = "quit"
}

/// Takes bytes out of a ring buffer; they are gone from it afterwards.
struct QMPReadRing: QMPCommand {
    typealias Reply = String
    static let name = "ringbuf-read"
    let device: String
    let size: Int
    // Any other format loses what is not UTF-8.
    var format = "base64"
}

/// Opens a file as a block device.
struct QMPAddBlockDevice: QMPCommand {
    typealias Reply = QMPEmpty
    static let name = "blockdev-add"
    let node: BlockNode
    func encode(to encoder: any Encoder) throws { try node.encode(to: encoder) }
}

/// Closes a block device that no device uses.
struct QMPRemoveBlockDevice: QMPCommand {
    typealias Reply = QMPEmpty
    static let name = "blockdev-del"
    let name: String
    private enum CodingKeys: String, CodingKey { case name = "node-name" }
}

/// Plugs a SCSI disk in.
struct QMPAddDevice: QMPCommand {
    typealias Reply = QMPEmpty
    static let name = "device_add"
    let device: SCSIDisk
    func encode(to encoder: any Encoder) throws { try device.encode(to: encoder) }
}

/// Asks for a device to be unplugged; the event `DEVICE_DELETED` says when it is.
struct QMPRemoveDevice: QMPCommand {
    typealias Reply = QMPEmpty
    static let name = "device_del"
    let id: String
}

/// Lists an object's properties, such as the devices of `/machine/peripheral`.
struct QMPListObjects: QMPCommand {
    struct Property: Decodable, Sendable { let name: String }
    typealias Reply = [Property]
    static let name = "qom-list"
    let path: String
}

/// Keeps the descriptor that comes with the command under a number, for paths such as `/dev/fdset/7`.
struct QMPAddDescriptor: QMPCommand {
    typealias Reply = QMPEmpty
    static let name = "add-fd"
    let set: Int
    /// What QEMU is to remember of it.
    var label: String?
    private enum CodingKeys: String, CodingKey { case set = "fdset-id", label = "opaque" }
}

/// Lets go of what was kept under a number.
struct QMPRemoveDescriptors: QMPCommand {
    typealias Reply = QMPEmpty
    static let name = "remove-fd"
    let set: Int
    private enum CodingKeys: String, CodingKey { case set = "fdset-id" }
}

/// Asks for all numbers that descriptors are kept under.
struct QMPQueryDescriptors: QMPCommand {
    struct Entry: Decodable, Sendable {
        private struct Descriptor: Decodable, Sendable { let opaque: String? }

        let set: Int
        private let descriptors: [Descriptor]

        /// What QEMU was told to remember; nothing by itself gets a second file under its number.
        var label: String { descriptors.first?.opaque ?? "" }

        private enum CodingKeys: String, CodingKey { case set = "fdset-id", descriptors = "fds" }
    }
    typealias Reply = [Entry]
    static let name = "query-fdsets"
}

/// Changes what block devices read from, while they are used.
struct QMPReopenBlockDevices: QMPCommand {
    typealias Reply = QMPEmpty
    static let name = "blockdev-reopen"
    let options: [LayerNode]

    init(_ options: [LayerNode]) { self.options = options }
}
