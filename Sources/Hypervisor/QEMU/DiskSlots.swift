/// Which SCSI target each disk of a machine has that comes and goes.
///
/// QEMU's own device names carry the assignment (`disk-<target>-<id>`), so that a new daemon reads it back from the
/// machine instead of from a file that could disagree with it.
struct DiskSlots: Sendable, Hashable {
    /// virtio-scsi has targets 0 to 255.
    static let targets = 256
    /// The first one is the layer disk's.
    static let first = 1
    /// How many disks can be plugged in.
    static let capacity = targets - first

    private var slots: [String: Int] = [:]

    init() {}

    /// Reads the assignment back from the names of a machine's devices.
    init(devices: [String]) {
        for device in devices {
            let parts = device.split(separator: "-", maxSplits: 2)
            guard parts.count == 3, parts[0] == "disk", let slot = Int(parts[1]) else { continue }
            slots[String(parts[2])] = slot
        }
    }

    /// Gives a disk the lowest target that is free.
    mutating func take(_ id: String) throws -> Int {
        guard slots[id] == nil else {
            throw HypervisorError(.invalid, "disk \"\(id)\" is attached already (detach it first)")
        }
        let used = Set(slots.values)
        guard let slot = (Self.first..<Self.targets).first(where: { !used.contains($0) }) else {
            throw HypervisorError(.invalid, "a virtual machine holds \(Self.capacity) disks (detach one first)")
        }
        slots[id] = slot
        return slot
    }

    /// Where a disk is.
    func slot(of id: String) throws -> Int {
        guard let slot = slots[id] else { throw HypervisorError(.invalid, "disk \"\(id)\" is not attached") }
        return slot
    }

    mutating func release(_ id: String) {
        slots[id] = nil
    }

    // Node names have at most 31 characters, device names have no such limit.
    static func node(_ slot: Int) -> String { "node-\(slot)" }
    static func device(_ slot: Int, _ id: String) -> String { "disk-\(slot)-\(id)" }
}
