import FoundationEssentials
import Linux
import SystemPackage

extension JailContents {
    /// Finds out what a QEMU program needs to run a `microvm`: libraries, accelerators, firmware.
    ///
    /// Which libraries it loads and where it looks for firmware is asked of the program's own loader and of the program
    /// itself, rather than worked out again: so they find in the jail what they would have found outside.
    static func needed(by executable: FilePath) async throws -> JailContents {
        let loader = try ProgramLoader(of: executable)
        let modules = Self.modules(beside: executable)
        var paths = [executable, loader.path] + modules
        for program in [executable] + modules { paths += try await loader.libraries(of: program) }
        paths += try await firmware(of: executable)
        paths += optional(["/etc/ld.so.cache"])
        let unique = Dictionary(paths.map { ($0.string, $0) }, uniquingKeysWith: { first, _ in first })
        return JailContents(
            executable: executable.string,
            files: try unique.values.map { try File($0) }.sorted { $0.path < $1.path }
        )
    }

    /// The accelerators that distributions ship as modules; QEMU's module folder is one of these below its prefix.
    private static func modules(beside executable: FilePath) -> [FilePath] {
        let prefix = executable.removingLastComponent().removingLastComponent()
        let folders = ["lib/x86_64-linux-gnu/qemu", "lib64/qemu", "lib/qemu"]
        return optional(folders.map { prefix.appending($0).appending("accel-tcg-x86_64.so") })
    }

    /// The firmware that a machine starts in, and what a kernel is started by where that cannot do it alone.
    private static func firmware(of executable: FilePath) async throws -> [FilePath] {
        let folders = try await ProgramOutput.lines(of: executable, ["-L", "help"]).map {
            FilePath($0).lexicallyNormalized()
        }
        let find = { (name: String) in optional(folders.map { $0.appending(name) }).prefix(1) }
        let bios = find("bios-microvm.bin")
        guard !bios.isEmpty else {
            throw HypervisorError(.missing, "bios-microvm.bin of \(executable) not found (install qemu-system-data)")
        }
        return bios + ["pvh.bin", "linuxboot_dma.bin", "kvmvapic.bin"].flatMap(find)
    }

    private static func optional(_ paths: [FilePath]) -> [FilePath] {
        paths.filter { (try? FileStatus($0))?.isRegular == true }
    }
}
