import Linux
import SystemPackage

/// A guest of a few dozen instructions: it writes a text to the serial port and then does one thing.
///
/// QEMU boots any ELF file whose note names a 32-bit entry point (PVH, Xen's `physdev` start-of-day notes).
enum TinyKernel {
    enum Ending {
        /// Waits for interrupts that never come.
        case halt
        /// Faults without a handler, which resets the machine.
        case reset
        /// Counts for ever, in 32 bits at `counter`.
        case count
    }

    /// Where a counting guest keeps its number.
    static let counter: UInt32 = 0x20_0000

    private static let base: UInt32 = 0x10_0000

    static func write(to path: FilePath, text: String, ending: Ending) throws {
        let headers = 64 + 2 * 56
        let note = headers, noteSize = 24, code = note + noteSize
        let program = program(text, ending, at: base + UInt32(code))
        var file: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1] + Array(repeating: 0, count: 9)
        // type EXEC, machine x86-64, version, entry, program headers at 64, no sections
        file += le(2, 2) + le(62, 2) + le(1, 4) + le(UInt64(base) + UInt64(code), 8) + le(64, 8) + le(0, 8)
        file += le(0, 4) + le(64, 2) + le(56, 2) + le(2, 2) + le(0, 2) + le(0, 2) + le(0, 2)
        file += header(type: 1, offset: 0, size: code + program.count)
        file += header(type: 4, offset: note, size: noteSize)
        // name size, content size, type XEN_ELFNOTE_PHYS32_ENTRY, name, content
        file += le(4, 4) + le(8, 4) + le(18, 4) + Array("Xen\0".utf8) + le(UInt64(base) + UInt64(code), 8)
        file += program
        file += Array(repeating: 0, count: 8192)
        try AtomicFile.write(file, to: path, permissions: 0o644)
    }

    private static func header(type: UInt64, offset: Int, size: Int) -> [UInt8] {
        let address = UInt64(base) + UInt64(offset)
        return le(type, 4) + le(7, 4) + le(UInt64(offset), 8) + le(address, 8) + le(address, 8)
            + le(UInt64(size), 8) + le(UInt64(size), 8) + le(4, 8)
    }

    private static func program(_ text: String, _ ending: Ending, at address: UInt32) -> [UInt8] {
        let end: [UInt8] =
            switch ending {
            case .halt: [0xf4, 0xeb, 0xfd]  // hlt; jmp -3
            case .reset: [0x31, 0xc0, 0x50, 0x50, 0x0f, 0x01, 0x1c, 0x24, 0xcc]  // an empty interrupt table; int3
            case .count: [0xff, 0x05] + le(UInt64(counter), 4) + [0xeb, 0xf8]  // inc [counter]; jmp -8
            }
        // mov esp, stack; mov esi, text; mov edx, 0x3f8; next: lodsb; test al, al; jz end; out dx, al; jmp next
        let length = 5 + 5 + 5 + 8
        let textAddress = address + UInt32(length + end.count)
        return [0xbc] + le(UInt64(base) + 0x8000, 4) + [0xbe] + le(UInt64(textAddress), 4) + [0xba] + le(0x3f8, 4)
            + [0xac, 0x84, 0xc0, 0x74, 0x03, 0xee, 0xeb, 0xf8] + end + Array(text.utf8) + [0]
    }

    private static func le(_ value: UInt64, _ width: Int) -> [UInt8] {
        (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
    }
}
