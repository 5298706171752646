import CLinux
import SystemPackage

/// A jail as C wants it; its memory lives as long as this object.
final class JailShim {
    let pointer: UnsafeMutablePointer<lx_jail>
    private let strings: CStrings
    private let folders: UnsafeMutableBufferPointer<lx_jail_folder>
    private let devices: UnsafeMutableBufferPointer<lx_jail_device>

    init(_ jail: Jail) throws(LinuxError) {
        var numbers: [dev_t] = []
        for device in jail.devices { numbers.append(try Self.number(of: device)) }
        let inRoot = { (path: FilePath) in jail.root.pushing(path.removingRoot()).string }
        strings = CStrings(
            [jail.root.string, inRoot("/proc"), inRoot("/dev")] + jail.devices.map(inRoot)
                + jail.folders.flatMap { [$0.source.string, inRoot($0.target)] }
        )
        (folders, devices) = (.allocate(capacity: jail.folders.count), .allocate(capacity: numbers.count))
        pointer = .allocate(capacity: 1)
        pointer.initialize(to: lx_jail())
        fill(numbers)
        pointer.pointee.first_id = Jail.firstID
    }

    private func fill(_ numbers: [dev_t]) {
        var rest = strings.pointers.makeIterator()
        let next = { UnsafePointer(rest.next().flatMap { $0 }) }
        (pointer.pointee.root, pointer.pointee.proc, pointer.pointee.dev) = (next(), next(), next())
        for (index, number) in numbers.enumerated() {
            devices.initializeElement(at: index, to: lx_jail_device(path: next(), number: number))
        }
        for index in folders.indices {
            folders.initializeElement(at: index, to: lx_jail_folder(source: next(), target: next()))
        }
        (pointer.pointee.devices, pointer.pointee.device_count) = (.init(devices.baseAddress), Int32(devices.count))
        (pointer.pointee.folders, pointer.pointee.folder_count) = (.init(folders.baseAddress), Int32(folders.count))
    }

    private static func number(of device: FilePath) throws(LinuxError) -> dev_t {
        var status = stat()
        guard device.withPlatformString({ stat($0, &status) }) == 0 else { throw .current("look up \(device)") }
        guard status.st_mode & mode_t(S_IFMT) == mode_t(S_IFCHR) else {
            throw LinuxError(stage: "use \(device) as a character device", errno: .noSuchAddressOrDevice)
        }
        return status.st_rdev
    }

    deinit {
        pointer.deallocate()
        folders.deallocate()
        devices.deallocate()
    }
}
