import FoundationEssentials
import Linux
import SystemPackage
import TestSupport
import Testing

@testable import Hypervisor

@Suite("guest image cache")
struct GuestImageCacheTests {
    /// A kernel that has everything built in but one module.
    private func makeKernel(in folder: FilePath) throws -> KernelBundle {
        let set = folder.appending("kernel/1.0")
        try FileManager.default.createDirectory(
            atPath: set.appending("modules/deep").string,
            withIntermediateDirectories: true
        )
        try AtomicFile.write("no bzImage".utf8, to: set.appending("vmlinuz"))
        try AtomicFile.write(
            GuestImage.wantedModules.dropFirst().joined(separator: ".ko\n").utf8,
            to: set.appending("modules.builtin")
        )
        try AtomicFile.write(
            GuestImageTests.module(depends: ""),
            to: set.appending("modules/deep/virtio_mmio.ko")
        )
        return try KernelBundle.find(.folder(set), in: "/none")
    }

    @Test("an image is made once, and anew for another guest; of the old ones the newest are kept")
    func cache() async throws {
        try await withTemporaryFolder { folder in
            let kernel = try makeKernel(in: folder)
            let program = folder.appending("guest")
            var images: [GuestImage] = []
            for content in ["1", "22", "333", "4444"] {
                try AtomicFile.write(content.utf8, to: program)
                for _ in 0..<2 {
                    images.append(
                        try await GuestImage.prepare(
                            guest: program,
                            kernel: kernel,
                            cache: folder.appending("cache")
                        )
                    )
                }
            }
            #expect(images[0] == images[1] && images[6] == images[7] && Set(images).count == 4)
            #expect(images[7].plainKernel == nil)
            #expect(try ProcFile.read(images[7].initramfs).contains("modules/00-virtio_mmio.ko"))
            #expect(throws: LinuxError.self) { try FileStatus(images[0].initramfs) }
            #expect((try? FileStatus(images[2].initramfs)) != nil)
        }
    }
}
