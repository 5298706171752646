import FoundationEssentials
import Linux
import SystemPackage
import TestSupport
import Testing

@testable import Hypervisor

@Suite("guest image")
struct GuestImageTests {
    @Test("an archive has the bytes that cpio writes")
    func golden() {
        var archive = CPIOArchive()
        archive.addFolder("modules")
        archive.addFile("init", permissions: 0o755, Array("hello".utf8))
        archive.finish()
        let expected =
            "070701"
            + "00000001000041ED00000000000000000000000100000000000000000000000000000000000000000000000000000008"
            + "00000000" + "modules\0" + "\0\0"
            + "070701"
            + "00000002000081ED00000000000000000000000100000000000000050000000000000000000000000000000000000005"
            + "00000000" + "init\0" + "\0" + "hello" + "\0\0\0"
            + "070701" + "0000000300000000000000000000000000000001000000000000000000000000000000000000000000000000"
            + "0000000B" + "00000000" + "TRAILER!!!\0" + "\0\0\0"
        #expect(String(decoding: archive.bytes, as: UTF8.self) == expected)
    }

    /// A kernel module as far as its `.modinfo` goes.
    static func module(depends: String) -> [UInt8] {
        func le(_ value: Int, _ width: Int) -> [UInt8] { (0..<width).map { UInt8(value >> (8 * $0) & 255) } }
        let info = Array("license=GPL\0depends=\(depends)\0".utf8)
        let names = Array("\0.modinfo\0".utf8)
        let table = 64 + info.count + names.count
        var bytes: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, 2, 1] + Array(repeating: 0, count: 34)
        bytes += le(table, 8) + le(0, 4) + le(64, 2) + le(0, 2) + le(0, 2) + le(64, 2) + le(3, 2) + le(2, 2)
        bytes += info + names + Array(repeating: 0, count: 64)
        bytes += le(1, 4) + le(1, 4) + le(0, 16) + le(64, 8) + le(info.count, 8) + le(0, 24)
        bytes += le(0, 4) + le(3, 4) + le(0, 16) + le(64 + info.count, 8) + le(names.count, 8) + le(0, 24)
        return bytes
    }

    private static func write(_ modules: [String: String], to folder: FilePath) throws -> KernelModules {
        for (name, depends) in modules {
            try AtomicFile.write(module(depends: depends), to: folder.appending("\(name).ko"))
        }
        return try KernelModules(folder: folder, builtInList: folder.appending("none"))
    }

    @Test("modules come after what they need, each once")
    func order() async throws {
        try await withTemporaryFolder { folder in
            let modules = try Self.write(
                ["virtio-rng": "virtio", "virtio": "virtio_ring", "virtio_ring": "", "net": "virtio,virtio_ring"],
                to: folder
            )
            #expect(
                try modules.loadOrder(of: ["virtio_rng", "net"]).map(\.name) == [
                    "virtio_ring", "virtio", "virtio_rng", "net",
                ]
            )
        }
    }

    @Test("a missing, circular or unreadable module is an error that names it")
    func badModules() async throws {
        try await withTemporaryFolder { folder in
            let modules = try Self.write(["a": "b", "b": "a", "c": "gone"], to: folder)
            for (wanted, words) in [
                ("c", "gone is not there (c needs it)"), ("a", "a needs itself"), ("x", "x is not there"),
            ] {
                let error = #expect(throws: HypervisorError.self) { try modules.loadOrder(of: [wanted]) }
                #expect(error?.message.contains(words) == true, "\(String(describing: error))")
            }
            try AtomicFile.write(Self.module(depends: "").prefix(100), to: folder.appending("a.ko"))
            #expect(throws: HypervisorError.self) { try modules.loadOrder(of: ["a"]) }
        }
    }

    @Test("what the kernel has in itself is not looked for")
    func builtIn() throws {
        let modules = KernelModules(files: [], builtIn: "kernel/fs/ext4/ext4.ko\nkernel/crypto/crc32c_generic.ko\n")
        #expect(try modules.loadOrder(of: ["ext4", "crc32c-generic"]).isEmpty)
    }

    @Test("garbage is no bzImage, whatever its length", arguments: [0, 1, 0x205, 4096])
    func badKernel(size: Int) {
        #expect(throws: HypervisorError.self) { try BzImage(Array(repeating: 0x5a, count: size), path: "k") }
    }

    @Test("a truncated bzImage is told apart from garbage")
    func truncatedKernel() {
        var bytes = [UInt8](repeating: 0, count: 4096)
        bytes.replaceSubrange(0x202..<0x206, with: Array("HdrS".utf8))
        bytes.replaceSubrange(0x24c..<0x250, with: [0, 0, 1, 0])
        let error = #expect(throws: HypervisorError.self) { try BzImage(bytes, path: "k") }
        #expect(error?.message == "k is truncated (fetch a kernel with \"make kernel\")")
    }

    @Test("an LZ4 frame is unpacked, with literals, long runs and overlapping copies")
    func lz4() {
        // "ab", then 19 + 255 + 1 bytes from 2 back, then the literal "!"
        let block: [UInt8] = [0x2f, 0x61, 0x62, 2, 0, 255, 1, 0x10, 0x21]
        let frame: [UInt8] = [0x02, 0x21, 0x4c, 0x18, UInt8(block.count), 0, 0, 0] + block
        let expected = (0..<277).map { UInt8(ascii: "a") + UInt8($0 % 2) } + [0x21]
        #expect(LZ4Legacy.unpack(frame[...], size: 278) == expected)
        #expect(LZ4Legacy.unpack(frame[...], size: 277) == nil)
        #expect(LZ4Legacy.unpack(frame[...], size: 279) == nil)
        for length in 0..<frame.count { #expect(LZ4Legacy.unpack(frame[..<length], size: 278) == nil) }
        for position in 4..<frame.count {
            var damaged = frame
            damaged[position] ^= 0xff
            if let result = LZ4Legacy.unpack(damaged[...], size: 278) { #expect(result.count == 278) }
        }
    }
}
