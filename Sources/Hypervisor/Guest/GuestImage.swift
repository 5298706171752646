import FoundationEssentials
import Linux
package import SystemPackage

/// The files that a guest boots from, made once from a kernel and the guest's program.
package struct GuestImage: Sendable, Hashable {
    /// The kernel's version.
    package let kernelVersion: String
    /// The distribution's compressed kernel.
    package let compressedKernel: FilePath
    /// The same kernel unpacked, where it could be.
    package let plainKernel: FilePath?
    /// The initial file system: the guest's program as `/init`, modules in `/modules/NN-name.ko` in load order.
    package let initramfs: FilePath

    /// Names the files of an image.
    package init(kernelVersion: String, compressedKernel: FilePath, plainKernel: FilePath?, initramfs: FilePath) {
        self.kernelVersion = kernelVersion
        self.compressedKernel = compressedKernel
        self.plainKernel = plainKernel
        self.initramfs = initramfs
    }

    /// What the guest needs beyond what the kernel has in itself.
    static let wantedModules = [
        "virtio_mmio", "virtio_console", "virtio_scsi", "sd_mod", "erofs", "overlay", "virtio_net", "virtio_rng",
        "virtio_balloon", "ext4", "crc32c_generic",
    ]

    /// The file that boots fastest and still safely.
    ///
    /// Emulation spends 0.3 of 2.2 s on unpacking a kernel (measured), so that it gets the plain one. KVM unpacks
    /// at full speed, and only the compressed kernel's loader randomises addresses (KASLR).
    func kernel(for accelerator: Accelerator) -> FilePath {
        switch accelerator {
        case .kvm: compressedKernel
        case .tcg: plainKernel ?? compressedKernel
        }
    }

    /// Makes the image, or finds it in the cache `<data>/guest/<key>`; only the newest images
    /// are kept.
    ///
    /// The work takes about a second for a new kernel and blocks a thread of its own, not the caller's.
    package static func prepare(guest: FilePath, kernel: KernelBundle, cache: FilePath) async throws -> GuestImage {
        try await blocking { try GuestImageCache(guest: guest, kernel: kernel, folder: cache).image() }
    }
}
