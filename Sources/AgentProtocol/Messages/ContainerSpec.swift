/// A container to make: its root file system, its surroundings, its limits and its first process.
package struct ContainerSpec: WireEquatable, Sendable, WireCodable {
    /// Its name within the pod: letters, digits, `_`, `.` and `-`, at most 64.
    package var id: String
    /// Its own host name, or empty for the pod's.
    package var hostname: String
    /// Where its layers are, the lowest first; the guest waits for them to appear.
    package var layers: [LayerSource]
    /// Where changes go.
    package var writable: WritableLayer
    /// Whether the root is mounted read-only, once everything is in place.
    package var rootReadOnly: Bool
    /// Mounts, in order, after the root.
    package var mounts: [MountSpec]
    /// Paths to hide.
    package var maskedPaths: [String]
    /// Paths to make read-only.
    package var readOnlyPaths: [String]
    /// Kernel settings of the container's namespaces, names with dots or slashes.
    package var sysctls: [Sysctl]
    /// Limits of its cgroup.
    package var resources: ResourceLimits
    /// Its first process.
    package var process: ProcessSpec
    /// Whether the process starts at once; else `startContainer` does it.
    package var start: Bool

    /// Describes a container.
    package init(
        id: String,
        hostname: String = "",
        layers: [LayerSource],
        writable: WritableLayer,
        rootReadOnly: Bool = false,
        mounts: [MountSpec] = [],
        maskedPaths: [String] = [],
        readOnlyPaths: [String] = [],
        sysctls: [Sysctl] = [],
        resources: ResourceLimits = ResourceLimits(),
        process: ProcessSpec,
        start: Bool = true
    ) {
        self.id = id
        self.hostname = hostname
        self.layers = layers
        self.writable = writable
        self.rootReadOnly = rootReadOnly
        self.mounts = mounts
        self.maskedPaths = maskedPaths
        self.readOnlyPaths = readOnlyPaths
        self.sysctls = sysctls
        self.resources = resources
        self.process = process
        self.start = start
    }

    package init(from reader: inout WireReader) throws(WireError) {
        id = try reader.string(max: 64)
        hostname = try reader.string(max: 64)
        layers = try reader.values(max: LayerSource.mostLayers)
        writable = try reader.value()
        rootReadOnly = try reader.bool()
        mounts = try reader.values(max: 256)
        maskedPaths = try reader.strings(max: 256)
        readOnlyPaths = try reader.strings(max: 256)
        sysctls = try reader.values(max: 256)
        resources = try reader.value()
        process = try reader.value()
        start = try reader.bool()
        guard !layers.isEmpty, ContainerSpec.isValidID(id) else { throw .invalid }
    }

    package func encode(to writer: inout WireWriter) {
        writer.string(id)
        writer.string(hostname)
        writer.values(layers)
        writer.value(writable)
        writer.bool(rootReadOnly)
        writer.values(mounts)
        writer.strings(maskedPaths)
        writer.strings(readOnlyPaths)
        writer.values(sysctls)
        writer.value(resources)
        writer.value(process)
        writer.bool(start)
    }

    /// Whether a name may become a folder's name in the guest.
    package static func isValidID(_ id: String) -> Bool {
        let bytes = [UInt8](id.utf8)
        guard let first = bytes.first, first != UInt8(ascii: "."), first != UInt8(ascii: "-") else { return false }
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"):
                continue
            default: return false
            }
        }
        return true
    }
}

/// Where the guest finds a layer: a disk, or one partition of a disk that is divided as `LayerDisk` is.
package struct LayerSource: WireEquatable, Sendable, WireCodable {
    /// The most layers that a message names.
    package static let mostLayers = 128

    /// The disk's serial number.
    package var serial: String
    /// The partition's number from 1, or 0 for the whole disk.
    package var partition: UInt8

    /// Describes a place.
    package init(serial: String, partition: UInt8 = 0) {
        self.serial = serial
        self.partition = partition
    }

    package init(from reader: inout WireReader) throws(WireError) {
        serial = try reader.string(max: 64)
        partition = try reader.integer()
    }

    package func encode(to writer: inout WireWriter) {
        writer.string(serial)
        writer.integer(partition)
    }
}

/// Where a container's changes to its root go.
package enum WritableLayer: WireEquatable, Sendable, WireCodable {
    /// Into memory, at most this many bytes (0: half of the guest's memory); gone with the container.
    case memory(limit: UInt64)
    /// Onto the ext4 disk with this serial number.
    case disk(serial: String)

    package init(from reader: inout WireReader) throws(WireError) {
        switch try reader.integer(UInt8.self) {
        case 1: self = .memory(limit: try reader.integer())
        case 2: self = .disk(serial: try reader.string(max: 64))
        default: throw .invalid
        }
    }

    package func encode(to writer: inout WireWriter) {
        switch self {
        case .memory(let limit):
            writer.integer(UInt8(1))
            writer.integer(limit)
        case .disk(let serial):
            writer.integer(UInt8(2))
            writer.string(serial)
        }
    }
}

/// One mount inside a container.
package struct MountSpec: WireEquatable, Sendable, WireCodable {
    /// Absolute, inside the container; made when it is missing.
    package var destination: String
    /// The file system's type, or empty for a bind mount.
    package var type: String
    /// Its source; of a bind mount a path of the guest.
    package var source: String
    /// `MS_*` of `mount(2)`.
    package var flags: UInt64
    /// Options of the file system.
    package var options: String

    /// Describes a mount.
    package init(destination: String, type: String, source: String, flags: UInt64 = 0, options: String = "") {
        self.destination = destination
        self.type = type
        self.source = source
        self.flags = flags
        self.options = options
    }

    package init(from reader: inout WireReader) throws(WireError) {
        destination = try reader.string(max: 4095)
        type = try reader.string(max: 64)
        source = try reader.string(max: 4095)
        flags = try reader.integer()
        options = try reader.string(max: 4095)
        guard destination.utf8.first == UInt8(ascii: "/") else { throw .invalid }
    }

    package func encode(to writer: inout WireWriter) {
        writer.string(destination)
        writer.string(type)
        writer.string(source)
        writer.integer(flags)
        writer.string(options)
    }
}

/// One kernel setting.
package struct Sysctl: WireEquatable, Sendable, WireCodable {
    /// Such as `net.ipv4.ip_forward`.
    package var name: String
    /// What is written.
    package var value: String

    /// Describes a setting.
    package init(name: String, value: String) {
        self.name = name
        self.value = value
    }

    package init(from reader: inout WireReader) throws(WireError) {
        name = try reader.string(max: 256)
        value = try reader.string(max: 4095)
    }

    package func encode(to writer: inout WireWriter) {
        writer.string(name)
        writer.string(value)
    }
}

/// Limits of a container's cgroup; 0 means none beyond the pod's.
package struct ResourceLimits: WireEquatable, Sendable, WireCodable {
    /// Bytes of memory.
    package var memory: UInt64
    /// Processor time in thousandths of a CPU.
    package var milliCPU: UInt32
    /// Processes and threads.
    package var processes: UInt32

    /// Describes limits.
    package init(memory: UInt64 = 0, milliCPU: UInt32 = 0, processes: UInt32 = 0) {
        self.memory = memory
        self.milliCPU = milliCPU
        self.processes = processes
    }

    package init(from reader: inout WireReader) throws(WireError) {
        memory = try reader.integer()
        milliCPU = try reader.integer()
        processes = try reader.integer()
    }

    package func encode(to writer: inout WireWriter) {
        writer.integer(memory)
        writer.integer(milliCPU)
        writer.integer(processes)
    }
}
