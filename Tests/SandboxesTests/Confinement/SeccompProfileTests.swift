import Sandboxes
import Testing

private let allow: UInt32 = 0x7FFF_0000
private let notPermitted: UInt32 = 0x0005_0001
private let noSuchCall: UInt32 = 0x0005_0026
private let kill: UInt32 = 0x8000_0000

@Suite("The filter of system calls")
struct SeccompProfileTests {
    private func filter(_ capabilities: Capabilities = .standard) throws -> FilterInterpreter {
        try FilterInterpreter(SeccompProfile.standard(with: capabilities).program)
    }

    private func number(_ name: String) throws -> UInt32 {
        try #require(SystemCalls.numbers[name], "\(name) is not in the table")
    }

    @Test(
        "the table has the numbers of linux/asm/unistd_64.h",
        arguments: [
            ("read", 0), ("clone", 56), ("kill", 62), ("personality", 135), ("openat", 257), ("unshare", 272),
            ("setns", 308), ("rseq", 334), ("pidfd_send_signal", 424), ("clone3", 435), ("mount_setattr", 442),
            ("cachestat", 451), ("mseal", 462), ("removexattrat", 466),
        ]
    )
    func table(name: String, expected: UInt32) throws {
        #expect(try number(name) == expected)
        #expect(SystemCalls.numbers.values.max() == SystemCalls.newest)
        #expect(Set(SystemCalls.numbers.values).count == SystemCalls.numbers.count)
    }

    @Test(
        "ordinary work is allowed",
        arguments: [
            "read", "openat", "mkdir", "execve", "mmap", "fork", "accept4", "epoll_wait", "futex", "setuid", "capset",
            "chroot", "ptrace", "io_setup", "fchmodat2", "mseal", "listxattrat", "exit_group", "rt_sigreturn",
        ]
    )
    func ordinary(name: String) throws {
        #expect(try filter().run(number(name)).action == allow)
    }

    @Test(
        "what reaches for the kernel or for other containers is not permitted",
        arguments: [
            "mount", "umount2", "unshare", "setns", "pivot_root", "reboot", "kexec_load", "init_module", "bpf",
            "perf_event_open", "keyctl", "add_key", "userfaultfd", "io_uring_setup", "open_by_handle_at", "swapon",
            "settimeofday", "sethostname", "syslog", "iopl", "open_tree", "fsopen", "mbind", "vhangup", "_sysctl",
        ]
    )
    func refused(name: String) throws {
        #expect(try filter().run(number(name)).action == notPermitted)
    }

    @Test(
        "a capability brings the calls that need it",
        arguments: [
            (Capability.sysAdmin, "mount"), (.sysAdmin, "unshare"), (.sysAdmin, "setns"), (.sysAdmin, "clone3"),
            (.dacReadSearch, "open_by_handle_at"), (.sysBoot, "reboot"), (.sysModule, "init_module"),
            (.sysPacct, "acct"), (.sysPtrace, "kcmp"), (.sysRawio, "iopl"), (.sysTime, "settimeofday"),
            (.sysTTYConfig, "vhangup"), (.sysNice, "mbind"), (.syslog, "syslog"), (.bpf, "bpf"),
            (.perfmon, "perf_event_open"), (.sysChroot, "chroot"),
        ]
    )
    func capability(capability: Capability, name: String) throws {
        #expect(try filter([capability]).run(number(name)).action == allow)
        #expect(try filter([]).run(number(name)).action != allow)
    }

    @Test(
        "no capability at all brings kexec, keys, pivot_root or io_uring",
        arguments: [
            "kexec_load", "keyctl", "pivot_root", "io_uring_setup", "userfaultfd",
        ]
    )
    func never(name: String) throws {
        #expect(try filter(.all).run(number(name)).action == notPermitted)
    }

    @Test(
        "threads and children may be cloned, namespaces may not",
        arguments: [
            (0x0000_0011, allow),  // SIGCHLD: fork
            (0x003D_0F00, allow),  // pthread_create
            (0x0002_0011, notPermitted), (0x0200_0011, notPermitted), (0x0400_0011, notPermitted),
            (0x0800_0011, notPermitted), (0x1000_0011, notPermitted), (0x2000_0011, notPermitted),
            (0x4000_0011, notPermitted), (0xFFFF_FFFF_1000_0000, notPermitted),
        ] as [(UInt64, UInt32)]
    )
    func clone(flags: UInt64, action: UInt32) throws {
        let clone = try number("clone")
        #expect(try filter().run(clone, [flags]).action == action)
        #expect(try filter([.sysAdmin]).run(clone, [flags]).action == allow)
    }

    @Test("clone3 does not exist, so that libraries use clone")
    func clone3() throws {
        #expect(try filter().run(number("clone3")).action == noSuchCall)
    }

    @Test(
        "only harmless personalities can be chosen",
        arguments: [
            (0, allow), (8, allow), (0x20000, allow), (0x20008, allow), (0xFFFF_FFFF, allow),
            (1, notPermitted), (7, notPermitted), (9, notPermitted), (0x40000, notPermitted),
            (0x20001, notPermitted), (0x20009, notPermitted), (0xFFFF_FFFE, notPermitted),
        ] as [(UInt64, UInt32)]
    )
    func personality(value: UInt64, action: UInt32) throws {
        #expect(try filter().run(number("personality"), [value]).action == action)
    }

    @Test(
        "sockets of the host's channel and of kernel cryptography are refused",
        arguments: [
            (1, allow), (2, allow), (10, allow), (16, allow), (17, allow), (45, allow), (39, allow),
            (0, notPermitted), (38, notPermitted), (40, notPermitted), (12, notPermitted), (46, notPermitted),
            (0x1_0000_0028, notPermitted),  // the kernel looks at the lower half only
        ] as [(UInt64, UInt32)]
    )
    func socket(family: UInt64, action: UInt32) throws {
        #expect(try filter().run(number("socket"), [family, 1, 0]).action == action)
    }

    @Test(
        "another architecture's entry ends the process, whatever the call",
        arguments: [
            0x4000_0003, 0xC000_00B7, 0, 0x8000_003E,
        ] as [UInt32]
    )
    func architecture(architecture: UInt32) throws {
        let filter = try filter(.all)
        #expect(filter.run(0, architecture: architecture).action == kill)
        #expect(filter.run(59, architecture: architecture).action == kill)
    }

    @Test(
        "what is above the newest known call does not exist, x32 included",
        arguments: [
            467, 512, 547, 0x4000_0000, 0x4000_003B, 0x7FFF_FFFF, 0xFFFF_FFFF,
        ] as [UInt32]
    )
    func unknown(number: UInt32) throws {
        #expect(try filter(.all).run(number).action == noSuchCall)
    }

    @Test("a number without a call in between is not permitted", arguments: [336, 380, 423] as [UInt32])
    func gap(number: UInt32) throws {
        #expect(try filter(.all).run(number).action == notPermitted)
    }

    @Test("each number gets the action of its own rule, none that of a neighbour")
    func everyNumber() throws {
        let filter = try filter()
        let allowed = (0...SystemCalls.newest).count { filter.run($0, [0x11]).action == allow }
        // 305 calls for everyone, chroot, clone; of socket and personality the argument 0x11 allows only the first.
        #expect(allowed == 308)
    }

    @Test("a judgement takes a logarithmic number of steps")
    func cost() throws {
        let filter = try filter()
        let checked = Set(try ["clone", "personality", "socket"].map(number))
        let numbers = Set(0...SystemCalls.newest + 1)
        #expect(filter.count == 188)
        #expect(numbers.subtracting(checked).map { filter.run($0).steps }.max() == 11)
        #expect(checked.map { filter.run($0, [0x11]).steps }.max() == 15)
    }

    @Test("far jumps are right in a profile with a rule of its own for each number")
    func farJumps() throws {
        var profile = SeccompProfile()
        let names = SystemCalls.numbers.sorted { $0.value < $1.value }.map(\.key)
        for (index, name) in names.enumerated() {
            profile.set(.without(bits: UInt32(index) + 1, argument: UInt32(index % 6)), for: name)
        }
        let filter = try FilterInterpreter(profile.program)
        #expect(filter.count > 1000)
        for (index, name) in names.enumerated() {
            var arguments = [UInt64](repeating: .max, count: 6)
            #expect(try filter.run(number(name), arguments).action == notPermitted)
            arguments[index % 6] = 0
            #expect(try filter.run(number(name), arguments).action == allow)
        }
    }
}
