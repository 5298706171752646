import AgentProtocolEmbedded
import CLinux

/// The disks that containers are made of: found by serial number, mounted once, unmounted with their last user.
final class Disks {
    private final class Mounted {
        let serial: String
        let path: String
        var users = 0

        init(serial: String, path: String) {
            self.serial = serial
            self.path = path
        }
    }

    private var mounted: [Mounted] = []
    private var next = 0

    /// Mounts a layer read-only, or gives the place where it is mounted already.
    ///
    /// - Returns: the mount point, or `nil` while the disk has not appeared.
    func acquireLayer(_ serial: String) throws(AgentFailure) -> String? {
        if let known = mounted.first(where: { $0.serial.isSame(as: serial) }) {
            known.users += 1
            return known.path
        }
        guard let device = Disks.device(serial: serial) else { return nil }
        let layer = Mounted(serial: serial, path: "/l/\(next)")
        try System.mount("erofs", on: layer.path, source: device, flags: MS_RDONLY | MS_NODEV)
        next += 1
        layer.users = 1
        mounted.append(layer)
        return layer.path
    }

    /// Ends a use of a layer.
    func releaseLayer(_ serial: String) {
        guard let index = mounted.firstIndex(where: { $0.serial.isSame(as: serial) }) else { return }
        mounted[index].users -= 1
        guard mounted[index].users == 0 else { return }
        let layer = mounted.remove(at: index)
        if umount2(layer.path, 0) != 0 { Log.line("unmount \(layer.path): errno \(lx_errno())") }
        rmdir(layer.path)
    }

    /// The device node of the disk with this serial number, once it can be opened.
    ///
    /// The node appears about 40 ms before the disk is live and gives ENXIO until then (measured on 6.1).
    static func device(serial: String) -> String? {
        for name in System.entries(of: "/sys/block") where serialNumber(of: name)?.isSame(as: serial) == true {
            let disk = OwnedFile(lx_open("/dev/\(name)", O_RDONLY, 0))
            return disk.isOpen ? "/dev/\(name)" : nil
        }
        return nil
    }

    /// A SCSI disk's unit serial number: page 0x80 of its vital product data, behind a header of 4 bytes.
    private static func serialNumber(of name: String) -> String? {
        let page = System.read("/sys/block/\(name)/device/vpd_pg80")
        guard page.count > 4 else { return nil }
        var bytes = [UInt8](page[4..<min(page.count, 4 + Int(page[3]))])
        while bytes.last == UInt8(ascii: " ") || bytes.last == 0 { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }
}
