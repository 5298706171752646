import Foundation
import SystemPackage
import Testing

extension EndToEnd {
    @Suite(Laboratory()) struct IsolationTests {
        @Test("the kernel is the guest's")
        func kernel() async throws {
            let kernel = try GuestKernel.bundle(in: try Workplace.current().data)
            #expect(try await Laboratory.script("uname -r").line == GuestKernel.release(of: kernel))
        }

        @Test("the container's process is number 1 and sees no other's")
        func processes() async throws {
            let lines = try await Laboratory.script("ps -o pid,args").lines.map {
                $0.trimmingCharacters(in: .whitespaces)
            }
            #expect(lines.dropFirst().first == "1 sleep 100000")
            #expect(lines.count <= 4)
        }

        @Test(
            "what must not be read is empty or away",
            arguments: ["/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/interrupts"]
        )
        func masked(path: String) async throws {
            #expect(try await Laboratory.script("cat \(path) 2>/dev/null | wc -c").line == "0")
        }

        @Test("masked folders are empty", arguments: ["/proc/acpi", "/sys/firmware"])
        func maskedFolder(path: String) async throws {
            #expect(try await Laboratory.script("ls -A \(path) 2>/dev/null").output == "")
        }

        @Test(
            "what steers the kernel cannot be written",
            arguments: [
                "echo x >/proc/sys/kernel/hostname", "echo h >/proc/sysrq-trigger", "mkdir /sys/fs/cgroup/x",
                "echo 1 >/sys/kernel/profiling", "echo 1 >/proc/irq/default_smp_affinity",
                "echo 100 >/sys/fs/cgroup/memory.max",
            ]
        )
        func readOnly(script: String) async throws {
            #expect(try await Laboratory.script("(\(script)) 2>/dev/null").code != 0)
        }

        @Test(
            "privileged calls are refused",
            arguments: [
                "unshare -m true", "unshare -U true", "mount -t tmpfs none /tmp", "umount /proc", "swapon /dev/zero",
                "nsenter -t 1 -u true", "dmesg", "reboot -f", "hostname other", "ip link add type dummy",
                "date -s 2001-01-01; test $(date +%Y) = 2001",
            ]
        )
        func refused(script: String) async throws {
            let finished = try await Laboratory.script("(\(script)) >/dev/null 2>&1")
            #expect(finished.code != 0)
        }

        @Test(
            "a device file that a container makes opens none of the guest's devices",
            arguments: ["b 8 0", "c 1 1", "c 1 11", "c 4 64", "c 5 1"]
        )
        func ownDevices(device: String) async throws {
            let node = "/tmp/device-\(device.filter { $0 != " " })"
            let script =
                "mknod \(node) \(device) || exit 0; ! timeout 5 sh -c ': <\(node)' && ! timeout 5 sh -c ': >\(node)'"
            let finished = try await Laboratory.script("(\(script)) >/dev/null 2>&1")
            #expect(finished.code == 0)
        }

        @Test("a process has Docker's capabilities, a system call filter and cannot gain privileges")
        func confinement() async throws {
            let status = try await Laboratory.script("cat /proc/self/status").output
            #expect(status.contains("CapEff:\t00000000a80425fb\n"))
            #expect(status.contains("CapBnd:\t00000000a80425fb\n"))
            #expect(status.contains("CapAmb:\t0000000000000000\n"))
            #expect(status.contains("NoNewPrivs:\t1\n"))
            #expect(status.contains("Seccomp:\t2\n"))
        }

        @Test("a user who is not root has no capabilities")
        func unprivileged() async throws {
            let node = try Laboratory.current()
            let status = try await node.succeed("exec", "-u", "app", "lab", "cat", "/proc/self/status")
            #expect(status.contains("CapEff:\t0000000000000000\n"))
            #expect(status.contains("CapPrm:\t0000000000000000\n"))
        }

        @Test("the devices are those of every container")
        func devices() async throws {
            let names = Set(try await Laboratory.script("ls /dev").lines)
            let expected = [
                "fd", "full", "mqueue", "null", "ptmx", "pts", "random", "shm", "stderr", "stdin", "stdout", "tty",
                "urandom", "zero",
            ]
            #expect(names.subtracting(["console"]) == Set(expected))
            #expect(try await Laboratory.script("echo x >/dev/null && head -c 4 /dev/zero | wc -c").line == "4")
        }

        @Test("the cgroup tree begins with the container's own")
        func cgroupNamespace() async throws {
            #expect(try await Laboratory.script("cat /proc/self/cgroup").line == "0::/")
        }

        @Test("processes that ended leave no zombies")
        func zombies() async throws {
            let node = try Laboratory.current()
            for _ in 0..<3 { try await node.succeed("exec", "lab", "true") }
            // Other tests' commands may have left orphans to the container's first process, which reaps none.
            let zombies = "ps -o stat,args | grep -c '^Z.*\\[true\\]'"
            #expect(try await Laboratory.script(zombies).line == "0")
        }

        @Test("orphans are reaped when the process they come from is not the first")
        func orphans() async throws {
            try await withNode { node in
                let script = "(sleep 0.1 & sleep 0.1 &); sleep 1; ps -o stat,args | grep -c '^Z'; true"
                let zombies = try await node.succeed("run", "--rm", "busybox", "sh", "-c", script)
                #expect(zombies == "0")
            }
        }
    }
}
