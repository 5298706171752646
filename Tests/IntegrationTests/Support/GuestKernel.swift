import Foundation
import Hypervisor
import Linux
import SystemPackage

/// The kernel that the command under test boots.
enum GuestKernel {
    /// Finds it as the command does: in a data folder, by APUS_KERNEL.
    static func bundle(in data: FilePath) throws -> KernelBundle {
        let choice = ProcessInfo.processInfo.environment["APUS_KERNEL"].flatMap { KernelChoice($0) } ?? .automatic
        return try KernelBundle.find(choice, in: data.appending("kernel"))
    }

    /// What `uname -r` says in it: the first word of the text that a bzImage's header points to, from the end of the
    /// first sector (the kernel's `Documentation/arch/x86/boot.rst`, `kernel_version`).
    static func release(of kernel: KernelBundle) throws -> String {
        let bytes = try WholeFile.read(kernel.image, limit: 256 << 20)
        let start = 0x200 + Int(bytes[0x20e]) + Int(bytes[0x20f]) << 8
        return String(decoding: bytes[start...].prefix { $0 != 0 && $0 != UInt8(ascii: " ") }, as: UTF8.self)
    }
}
