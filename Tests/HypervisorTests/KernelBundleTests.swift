import FoundationEssentials
import Linux
import SystemPackage
import TestSupport
import Testing

@testable import Hypervisor

@Suite("kernel choice")
struct KernelBundleTests {
    /// Makes the set `name` in a folder of kernels, with these files beside `vmlinuz` and a link to it.
    private func makeSet(_ name: String, link: String, files: [String: String] = [:], in folder: FilePath) throws {
        let set = folder.appending(name)
        try FileManager.default.createDirectory(atPath: set.string, withIntermediateDirectories: true)
        for (file, content) in files.merging(["vmlinuz": "no bzImage"], uniquingKeysWith: { $1 }) {
            try AtomicFile.write(content.utf8, to: set.appending(file))
        }
        try FileManager.default.createSymbolicLink(
            atPath: folder.appending(link).string,
            withDestinationPath: name
        )
    }

    @Test("the own kernel is taken where there is one, unless the packaged one is asked for")
    func preference() async throws {
        try await withTemporaryFolder { folder in
            try makeSet("1.0_1", link: "current", in: folder)
            #expect(try KernelBundle.find(in: folder).version == "1.0_1")
            try makeSet("own-1.0-abc", link: "own", in: folder)
            #expect(try KernelBundle.find(in: folder).version == "own-1.0-abc")
            #expect(try KernelBundle.find(.own, in: folder).version == "own-1.0-abc")
            #expect(try KernelBundle.find(.packaged, in: folder).version == "1.0_1")
            #expect(try KernelBundle.find(.folder(folder.appending("1.0_1")), in: "/none").version == "1.0_1")
            #expect(try KernelBundle.find(.folder(folder.appending("own")), in: "/none").version == "own-1.0-abc")
        }
    }

    @Test(
        "a kernel that is not there says how to get it",
        arguments: [
            (KernelChoice.automatic, "no guest kernel under /none (fetch it with \"make kernel\")"),
            (.packaged, "no guest kernel under /none (fetch it with \"make kernel\")"),
            (.own, "no own guest kernel under /none (build it with \"make guest-kernel\")"),
            (.folder("/nothing"), "no guest kernel in /nothing (it needs a file vmlinuz)"),
        ]
    )
    func missing(choice: KernelChoice, message: String) {
        let error = #expect(throws: HypervisorError.self) { try KernelBundle.find(choice, in: "/none") }
        #expect(error?.message == message)
    }

    @Test("a choice is read as it is written", arguments: ["auto", "packaged", "own", "/a/set"])
    func text(_ text: String) {
        #expect(KernelChoice(text)?.text == text)
    }

    @Test("a choice that is neither a word nor a path is none", arguments: ["", "Own", "current", "./own"])
    func noChoice(_ text: String) {
        #expect(KernelChoice(text) == nil)
    }

    @Test("a set without modules that has a plain kernel gives an image of the guest's program alone")
    func plain() async throws {
        try await withTemporaryFolder { folder in
            try makeSet("own-1", link: "own", files: ["vmlinux": "ELF"], in: folder)
            let program = folder.appending("guest")
            try AtomicFile.write("#!".utf8, to: program)
            let image = try await GuestImage.prepare(
                guest: program,
                kernel: try KernelBundle.find(.own, in: folder),
                cache: folder.appending("cache")
            )
            #expect(image.plainKernel == folder.appending("own-1/vmlinux"))
            #expect(image.kernel(for: .tcg) == image.plainKernel)
            #expect(image.kernel(for: .kvm) == folder.appending("own-1/vmlinuz"))
            #expect(try !ProcFile.read(image.initramfs).contains(".ko"))
        }
    }
}
