import Foundation
import Hypervisor
import Images
import SystemPackage
import TestSupport
import Testing

extension EndToEnd {
    /// What a guest would find that has broken out into its VMM's process.
    @Suite struct JailTests {
        @Test("a machine's process has a user of its own, no group, no capability and no way to get one")
        func identity() async throws {
            try await withRunning(["one", "two"]) { machines in
                for machine in machines {
                    let status = try machine.status()
                    let ids = status["Uid"] ?? []
                    #expect(Set(ids).count == 1 && ids.first != "0" && status["Gid"] == ids, "\(ids)")
                    #expect(status["Groups"] == [])
                    for set in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
                        #expect(status[set] == ["0000000000000000"], "\(set)")
                    }
                    #expect(status["NoNewPrivs"] == ["1"])
                    #expect(status["NSpid"]?.last == "1")
                }
                #expect(try machines[0].status()["Uid"] != machines[1].status()["Uid"])
            }
        }

        @Test("all its threads are in QEMU's sandbox, and its limits are set")
        func limits() async throws {
            try await withRunning(["one"]) { machines in
                let machine = machines[0]
                let threads = try machine.threads()
                #expect(threads.count > 1)
                #expect(threads.allSatisfy { $0["Seccomp"] == ["2"] && $0["NoNewPrivs"] == ["1"] })
                let limits = try machine.text("limits")
                for (name, value) in [("core file size", "0"), ("open files", "4096"), ("locked memory", "0")] {
                    #expect(limits.contains(try Regex("Max \(name) +\(value) +\(value) ")), "\(limits)")
                }
                #expect(limits.contains(#/Max processes +\d+ +\d+ /#))
                #expect(try machine.groupLimits() == ["cpu": "2000", "memory": "\((512 + 128) << 20)", "pids": "81"])
            }
        }

        @Test("it shares only the namespaces for users, groups and time")
        func namespaces() async throws {
            try await withRunning(["one"]) { machines in
                let shared = try machines[0].names("ns").filter { name in
                    try machines[0].link("ns/\(name)") == VMMProcess.link("/proc/self/ns/\(name)")
                }
                #expect(Set(shared) == ["user", "cgroup", "time", "time_for_children"])
            }
        }

        @Test("it sees QEMU's own files, itself, and an empty folder; nothing can be written, nothing names Apus")
        func files() async throws {
            try await withRunning(["one"]) { machines in
                let machine = machines[0]
                // Without a root of its own the list below would be that of the whole host.
                try #require(try machine.mounts() == ["/": Self.closed, "/proc": Self.inert, "/sockets": Self.inert])
                #expect(try machine.link("cwd") == "/")
                #expect(try machine.text("environ") == "")
                let files = try machine.files()
                #expect(files.filter { !Self.isExpected($0) } == [])
                #expect((20...120).contains(files.count), "\(files.count)")
                #expect(try machine.names("root/sockets") == [])
                #expect(try !machine.text("cmdline").contains(machine.folder.string))
            }
        }

        @Test("its descriptors are those that a machine needs, and no file of an image can be written")
        func descriptors() async throws {
            try await withRunning(["one"]) { machines in
                let unexpected = try machines[0].descriptors().filter { !$0.isExpected(in: machines[0].folder) }
                #expect(unexpected == [])
                let layers = try machines[0].descriptors().filter { $0.target.contains("/root/images/layers/") }
                #expect(!layers.isEmpty && layers.allSatisfy { !$0.isWritable })
            }
        }

        @Test(
            "a machine whose image is still being fetched sees that server's socket besides, and reads through it",
            .enabled(if: LocalRegistry.isInstalled, "needs docker-registry, apache2-utils and openssl")
        )
        func lazy() async throws {
            try await LocalRegistry.with { registry in
                let name = "\(registry.name)/team/busybox:v1"
                try await LazyTests().withPublished(name) { node in
                    try await node.succeed("pull", "--lazy", name)
                    try await node.succeed("run", "-d", "--name", "one", name, "sleep", "100")
                    let machine = try #require(try VMMProcess.all(of: node).first)
                    #expect(try machine.mounts() == ["/": Self.closed, "/proc": Self.inert, "/sockets": Self.inert])
                    #expect(try machine.names("root/sockets") == ["image.sock"])
                    #expect(try machine.files().filter { !Self.isExpected($0) } == ["/sockets/image.sock"])
                    #expect(try machine.descriptors().filter { !$0.isExpected(in: machine.folder) } == [])
                    #expect(try machine.status()["CapEff"] == ["0000000000000000"])
                    #expect(try await node.succeed("exec", "one", "sh", "-c", "cat /etc/big | wc -c") == "8000000")
                }
            }
        }

        @Test("a machine from a template is jailed as well, and disks and layers are files that it can only read")
        func restored() async throws {
            try await withRestored { machine, process in
                #expect(try process.mounts() == ["/": Self.closed, "/proc": Self.inert, "/sockets": Self.inert])
                #expect(try process.status()["CapEff"] == ["0000000000000000"])
                #expect(try process.threads().allSatisfy { $0["Seccomp"] == ["2"] })
                let before = try process.descriptors()
                #expect(before.filter { !$0.isExpected(in: process.folder) } == [])
                let layer = try #require(
                    try ImageStore(root: process.folder.appending("root/images")).image("busybox").layers.first
                )
                let disk = DiskAttachment(id: "data", path: layer.disk, serial: "data", readOnly: true)
                try await machine.attachDisk(disk)
                let plugged = try process.descriptors()
                #expect(plugged.filter { !$0.isExpected(in: process.folder) } == [])
                #expect(plugged.contains { $0.target == layer.disk.string })
                try await machine.detachDisk("data")
                #expect(try process.descriptors().map(\.target).sorted() == before.map(\.target).sorted())
                try await machine.fill([LayerFile(layer.disk, size: layer.size)], from: 1)
                let filled = try process.descriptors()
                #expect(filled.filter { !$0.isExpected(in: process.folder) } == [])
                #expect(filled.contains { $0.target == layer.disk.string })
            }
        }

        private func withRestored(_ body: (any VirtualMachine, VMMProcess) async throws -> Void) async throws {
            try await withNode { node in
                let guest = try await GuestImage.prepare(
                    guest: FilePath(try #require(ProcessInfo.processInfo.environment["APUS_GUEST"])),
                    kernel: try GuestKernel.bundle(in: node.root),
                    cache: node.root.appending("guest")
                )
                let qemu = try await node.emulator()
                let shape = MachineShape(memory: 256 << 20, processors: 1)
                let places = try ["template", "clone"].map { name in
                    let path = node.runRoot.appending(name)
                    try FileManager.default.createDirectory(atPath: path.string, withIntermediateDirectories: true)
                    return VMDirectory(path)
                }
                let template = try await qemu.makeTemplate(shape, guest: guest, in: places[0]) { _ in }
                let configuration = VMConfiguration(id: "jail-test", memory: shape.memory, processors: 1, guest: guest)
                let machine = try await qemu.restore(template, configuration, in: places[1])
                let process = VMMProcess(folder: node.folder, pid: machine.processID)
                let result = await Result { try await body(machine, process) }
                try await machine.kill()
                try result.get()
            }
        }

        @Test("without a jail everything works, and a line says that there is none")
        func off() async throws {
            try await withNode { node in
                var open = node
                open.environment["APUS_JAIL"] = "off"
                let finished = try await open.apus("run", "-d", "--name", "one", "busybox", "sleep", "100")
                #expect(finished.code == 0)
                #expect(finished.errorLines.count == 1 && finished.error.contains("warning: the machine is not jailed"))
                let machine = try #require(try VMMProcess.all(of: node).first)
                #expect(try machine.status()["Uid"]?.first == "0")
                let log = try await node.shell("cat run/pods/*/attendant.log")
                #expect(log.output.contains("not jailed"))
                #expect(try await open.succeed("exec", "one", "echo", "hello") == "hello")
                let wrong = try await node.apus("run", "--jail", "maybe", "--rm", "busybox", "true")
                #expect(wrong.code == 125 && wrong.error.contains("unknown jail \"maybe\" (use on or off)"))
            }
        }

        @Test(
            "KVM's device is there for a machine that is to use it",
            .enabled(if: FileManager.default.fileExists(atPath: "/dev/kvm"), "needs /dev/kvm")
        )
        func device() async throws {
            try await withNode { node in
                let finished = try await node.apus("run", "--rm", "--accelerator", "kvm", "busybox", "true")
                // Not every processor that has the device can run a guest: then QEMU tells of the processor.
                #expect(!finished.error.contains("KVM kernel module"), "\(finished.error)")
                #expect(finished.code == 0 || finished.error.contains("kvm does not work here"), "\(finished.error)")
            }
        }

        // MARK: What is expected

        private static let closed: Set<String> = ["ro", "nosuid", "nodev"]
        private static let inert: Set<String> = closed.union(["noexec"])

        private static func isExpected(_ path: String) -> Bool {
            let patterns = [
                #"(/usr)?(/local)?/bin/qemu-system-x86_64"#, #"(/usr)?/lib(64)?(/[^/]+)*/[^/]+\.so(\.[0-9.]+)?"#,
                #"/etc/ld\.so\.cache"#, #"/usr/share/(qemu|seabios)/(bios-microvm|pvh|linuxboot_dma|kvmvapic)\.bin"#,
            ]
            return patterns.contains { (try? Regex($0).wholeMatch(in: path)) != nil }
        }

        private func withRunning(_ names: [String], _ body: ([VMMProcess]) async throws -> Void) async throws {
            try await withNode { node in
                for name in names { try await node.succeed("run", "-d", "--name", name, "busybox", "sleep", "100") }
                let machines = try VMMProcess.all(of: node)
                try #require(machines.count == names.count)
                try await body(machines)
            }
        }
    }
}
