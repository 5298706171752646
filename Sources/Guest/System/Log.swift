import CLinux

/// Lines on the kernel's console, for a human who wonders why a guest did not come up; never a tenant's data.
enum Log {
    static func line(_ text: String) {
        let file = OwnedFile(lx_open("/dev/kmsg", O_WRONLY, 0))
        let bytes = [UInt8](("apus-guest: " + text + "\n").utf8)
        if file.isOpen { _ = CLinux.write(file.number, bytes, bytes.count) }
    }
}
