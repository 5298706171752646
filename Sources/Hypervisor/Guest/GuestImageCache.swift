import FoundationEssentials
import Linux
import SystemPackage

/// Where prepared images are kept, by a key of what they were made from.
struct GuestImageCache {
    let guest: FilePath
    let kernel: KernelBundle
    let folder: FilePath

    /// Raised whenever images are made differently from the same inputs.
    private static let layout = 3
    /// How many images are kept: a node's kernels may take turns, and somebody may be starting from an older one.
    private static let kept = 3

    /// The image, made first if need be; one process makes it while others wait.
    func image() throws -> GuestImage {
        try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
        // Making one takes a second at most, and only this thread waits.
        let lock = try FileLock.acquire(folder.appending("lock"))
        return try withExtendedLifetime(lock) { try lockedImage() }
    }

    private func lockedImage() throws -> GuestImage {
        let key = try key()
        let place = folder.appending(key)
        if !FileManager.default.fileExists(atPath: place.string) { try make(at: place) }
        removeOld(besides: key)
        let plain = kernel.plainImage ?? place.appending("vmlinux")
        return GuestImage(
            kernelVersion: kernel.version,
            compressedKernel: kernel.image,
            plainKernel: FileManager.default.fileExists(atPath: plain.string) ? plain : nil,
            initramfs: place.appending("initramfs")
        )
    }

    /// Sizes and times instead of contents: a rebuilt guest or another kernel changes them, and they cost no reading.
    private func key() throws -> String {
        guard let program = try? FileStatus(guest), program.isRegular else {
            throw HypervisorError(.missing, "guest program \(guest) is not there (build it with \"make build\")")
        }
        let image = try FileStatus(kernel.image)
        let plain = try kernel.plainImage.map { try FileStatus($0) }
        let facts = [
            Int64(Self.layout), program.size, program.modified, image.size, image.modified, plain?.size ?? 0,
            plain?.modified ?? 0,
        ]
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325  // FNV-1a, 64 bits
        for byte in "\(facts) \(kernel.version) \(guest)".utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return String(hash, radix: 16)
    }

    /// Makes everything under another name, so that an image is there wholly or not at all.
    ///
    /// All may read the files, given a way to them: QEMU runs as a user that owns nothing.
    private func make(at place: FilePath) throws {
        let work = folder.appending("incomplete")
        try? FileManager.default.removeItem(atPath: work.string)
        try FileManager.default.createDirectory(atPath: work.string, withIntermediateDirectories: false)
        try AtomicFile.write(initramfs(), to: work.appending("initramfs"), permissions: 0o644)
        if kernel.plainImage == nil { try writePlainKernel(to: work.appending("vmlinux")) }
        try FileManager.default.moveItem(atPath: work.string, toPath: place.string)
        try AtomicFile.syncDirectory(folder)
    }

    private func initramfs() throws -> [UInt8] {
        let modules = try kernel.modules.map {
            try KernelModules(folder: $0, builtInList: kernel.builtInList).loadOrder(of: GuestImage.wantedModules)
        }
        var archive = CPIOArchive()
        archive.addFile("init", permissions: 0o755, try WholeFile.read(guest, limit: 256 << 20))
        archive.addFolder("modules")
        for (index, module) in (modules ?? []).enumerated() {
            let number = index < 10 ? "0\(index)" : "\(index)"
            let content = try WholeFile.read(module.path, limit: 64 << 20)
            archive.addFile("modules/\(number)-\(module.name).ko", permissions: 0o644, content)
        }
        archive.finish()
        return archive.bytes
    }

    /// A kernel that is not packed with LZ4 is booted as it is, a little slower; a damaged one is an error.
    private func writePlainKernel(to path: FilePath) throws {
        let bytes = try WholeFile.read(kernel.image, limit: 256 << 20)
        guard let image = try? BzImage(bytes, path: kernel.image) else { return }
        guard let plain = LZ4Legacy.unpack(image.payload, size: image.unpackedSize) else {
            throw HypervisorError(.invalid, "\(kernel.image) is damaged (fetch it again with \"make kernel\")")
        }
        try AtomicFile.write(plain, to: path, permissions: 0o644)
    }

    /// Removes all but the one that is wanted now and the newest of the others.
    private func removeOld(besides key: String) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.string)) ?? []
        let others = names.filter { $0 != key && $0 != "lock" }
            .map { (name: $0, modified: (try? FileStatus(folder.appending($0)).modified) ?? 0) }
            .sorted { $0.modified > $1.modified }
        for old in others.dropFirst(Self.kept - 1) {
            try? FileManager.default.removeItem(atPath: folder.appending(old.name).string)
        }
    }
}
