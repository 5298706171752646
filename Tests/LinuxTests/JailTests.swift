import Linux
import SystemPackage
import TestSupport
import Testing

@Suite("jails", .enabled(if: JailFixture.isRoot, "only root can make a jail"))
struct JailTests {
    @Test("a child has a user and a group of its own, and nothing that root has")
    func identity() async throws {
        try await withJailRoot { root in
            try await withSleeper(in: Jail(root: root)) { pid in
                let id = "\(UInt32(0x7000_0000) + UInt32(pid))"
                let status = try JailFixture.status(of: pid)
                #expect(status["Uid"] == Array(repeating: id, count: 4))
                #expect(status["Gid"] == Array(repeating: id, count: 4))
                #expect(status["Groups"] == [])
                for name in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
                    #expect(status[name] == ["0000000000000000"], "\(name)")
                }
                #expect(status["NoNewPrivs"] == ["1"])
                #expect(status["NSpid"] == ["\(pid)", "1"])
            }
        }
    }

    @Test("a child has namespaces of its own, but shares those for users and groups")
    func namespaces() async throws {
        try await withJailRoot { root in
            try await withSleeper(in: Jail(root: root)) { pid in
                for name in ["mnt", "pid", "ipc", "uts", "net", "user", "cgroup"] {
                    let ours = try JailFixture.link("/proc/self/ns/\(name)")
                    let theirs = try JailFixture.link("/proc/\(pid)/ns/\(name)")
                    #expect((ours == theirs) == ["user", "cgroup"].contains(name), "\(name)")
                }
            }
        }
    }

    @Test("a child sees its root and its own process, and has only the descriptors that it was given")
    func view() async throws {
        try await withJailRoot { root in
            try await withSleeper(in: Jail(root: root)) { pid in
                let mounts = try JailFixture.mounts(of: pid)
                #expect(mounts.map(\.place) == ["/", "/proc"])
                #expect(mounts[0].options.isSuperset(of: ["ro", "nosuid", "nodev"]))
                #expect(mounts[1].options.isSuperset(of: ["ro", "nosuid", "nodev", "noexec"]))
                #expect(try JailFixture.link("/proc/\(pid)/cwd") == "/")
                #expect(try JailFixture.names(in: "/proc/\(pid)/fd") == ["0", "1", "2"])
            }
            let seen = try await output(of: "echo /*; echo /proc/*; echo $(cat /proc/sys/kernel/hostname)", in: root)
            #expect(seen.lines[0] == "/bin /data /dev /lib /lib64 /proc")
            #expect(Set(seen.lines[1].split(separator: " ")) == ["/proc/1", "/proc/self", "/proc/thread-self"])
        }
    }

    @Test("nothing in the root can be written, although its files are there to be written")
    func readOnly() async throws {
        try await withJailRoot { root in
            let script =
                "for f in /new /data/new /dev/new /proc/self/comm; do (echo x >$f) && echo wrote $f; done; echo end"
            let lines = try await output(of: script, in: root).lines
            #expect(lines == ["end"])
        }
    }

    @Test("a device can be used, whoever owns the host's, and nothing else becomes one")
    func devices() async throws {
        try await withJailRoot { root in
            var jail = Jail(root: root)
            jail.devices = ["/dev/null"]
            let script = "echo x >/dev/null && echo ok; echo /dev/*; (echo x >/dev/new) || echo refused"
            let lines = try await output(of: script, in: jail).lines
            #expect(lines == ["ok", "/dev/null", "refused"])
            try await withSleeper(in: jail) { pid in
                let mounts = try JailFixture.mounts(of: pid)
                #expect(mounts.map(\.place) == ["/", "/dev", "/proc"])
                #expect(mounts[1].options.isSuperset(of: ["ro", "nosuid", "noexec"]))
            }
        }
    }

    @Test("a folder of the host can be read and not written, and follows what happens there")
    func folders() async throws {
        try await withJailRoot { root in
            try await withTemporaryFolder { folder in
                try AtomicFile.write("before\n".utf8, to: folder.appending("file"), permissions: 0o644)
                var jail = Jail(root: root)
                jail.folders = [.init(folder, as: "/data")]
                let script = "cat /data/file; (echo x >/data/new) || echo refused"
                let lines = try await output(of: script, in: jail).lines
                #expect(lines == ["before", "refused"])
                try await withSleeper(in: jail) { pid in
                    try AtomicFile.write("after\n".utf8, to: folder.appending("file"), permissions: 0o644)
                    #expect(try ProcFile.read(FilePath("/proc/\(pid)/root/data/file")) == "after\n")
                }
            }
        }
    }

    @Test("what cannot be done is said, and nothing is left running")
    func failures() async throws {
        try await withJailRoot { root in
            try Self.expect(.noSuchFileOrDirectory, "start /bin/sh (mount its jail)", Jail(root: "/nonexistent"))
            var jail = Jail(root: root)
            jail.folders = [.init("/nonexistent", as: "/data")]
            try Self.expect(.noSuchFileOrDirectory, "start /bin/sh (mount its jail)", jail)
            jail = Jail(root: root)
            jail.devices = ["/nonexistent"]
            try Self.expect(.noSuchFileOrDirectory, "look up /nonexistent", jail)
            jail.devices = ["/etc/passwd"]
            try Self.expect(.noSuchAddressOrDevice, "use /etc/passwd as a character device", jail)
        }
    }

    private static func expect(_ errno: Errno, _ stage: String, _ jail: Jail) throws {
        var plan = SpawnPlan("/bin/sh")
        plan.jail = jail
        let error = #expect(throws: LinuxError.self) { _ = try ChildProcess.spawn(plan) }
        #expect(error == LinuxError(stage: stage, errno: errno))
    }

    @Test("two children have different users")
    func users() async throws {
        try await withJailRoot { root in
            try await withSleeper(in: Jail(root: root)) { first in
                try await withSleeper(in: Jail(root: root)) { second in
                    let users = try [first, second].map { try JailFixture.status(of: $0)["Uid"] }
                    #expect(users[0] != users[1])
                }
            }
        }
    }
}
