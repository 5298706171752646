import Linux
import SystemPackage

/// A Linux kernel for x86 as distributions ship it: a loader around a compressed `vmlinux` (the kernel's
/// `Documentation/arch/x86/boot.rst`).
struct BzImage {
    /// The LZ4 "legacy frame" that is the kernel's ELF file.
    let payload: ArraySlice<UInt8>
    /// How many bytes it has unpacked; the build appends that number to the payload.
    let unpackedSize: Int

    /// Finds the payload through the setup header.
    init(_ bytes: [UInt8], path: FilePath) throws {
        func bad(_ why: String) -> HypervisorError {
            HypervisorError(.invalid, "\(path) \(why) (fetch a kernel with \"make kernel\")")
        }
        guard bytes.littleEndian(at: 0x202, 4) == 0x5372_6448, let sectors = bytes.littleEndian(at: 0x1f1, 1),
            let offset = bytes.littleEndian(at: 0x248, 4), let length = bytes.littleEndian(at: 0x24c, 4)
        else { throw bad("is not a bzImage") }
        // A count of 0 means 4, for historical reasons.
        let start = Int((sectors == 0 ? 4 : sectors) + 1) * 512 + Int(offset)
        guard length > 8, start + Int(length) <= bytes.count else { throw bad("is truncated") }
        let payload = bytes[start..<start + Int(length) - 4]
        guard payload.starts(with: [0x02, 0x21, 0x4c, 0x18]) else { throw bad("is not compressed with LZ4") }
        self.payload = payload
        unpackedSize = Int(bytes.littleEndian(at: start + Int(length) - 4, 4) ?? 0)
    }
}
