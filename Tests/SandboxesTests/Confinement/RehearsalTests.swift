import Sandboxes
import TestSupport
import Testing

private let allow: UInt32 = 0x7FFF_0000
private let noSuchCall: UInt32 = 0x0005_0026
private let kill: UInt32 = 0x8000_0000

@Suite("The filter of a rehearsal")
struct RehearsalTests {
    private func action(_ name: String, _ arguments: [UInt64] = []) throws -> UInt32 {
        let number = try #require(SystemCalls.numbers[name], "\(name) is not in the table")
        return try FilterInterpreter(SeccompProfile.rehearsal.program).run(number, arguments).action
    }

    @Test(
        "reading files, memory, questions about itself and the end are allowed",
        arguments: [
            "execve", "read", "pread64", "mmap", "mprotect", "brk", "newfstatat", "getdents64", "getuid", "getrandom",
            "rt_sigaction", "arch_prctl", "set_tid_address", "close", "exit_group", "exit",
        ]
    )
    func allowed(name: String) throws {
        #expect(try action(name) == allow)
    }

    @Test(
        "every effect is the end",
        arguments: [
            "write", "writev", "pwrite64", "socket", "connect", "clone", "fork", "vfork", "clone3", "kill", "tgkill",
            "mkdir",
            "unlink", "rename", "chmod", "creat", "ftruncate", "openat2", "nanosleep", "poll", "epoll_wait", "setuid",
            "mount", "bpf", "ptrace", "memfd_create", "execveat", "sendfile", "io_uring_setup", "pause",
        ]
    )
    func effects(name: String) throws {
        #expect(try action(name) == kill)
    }

    @Test(
        "files are opened to be read only",
        arguments: [
            (0, allow), (0o2000000, allow), (0o2200000, allow), (1, kill), (2, kill), (0o100, kill), (0o1000, kill),
            (0o2000, kill), (0o20200000, kill),
        ] as [(UInt64, UInt32)]
    )
    func open(flags: UInt64, expected: UInt32) throws {
        #expect(try action("openat", [0, 0, flags]) == expected)
        #expect(try action("open", [0, flags]) == expected)
    }

    @Test(
        "of calls with many meanings only the harmless ones are allowed",
        arguments: [
            ("ioctl", [1, 0x5401], allow), ("ioctl", [1, 0x5402], kill), ("ioctl", [1, 0x5412], kill),
            ("fcntl", [1, 3], allow), ("fcntl", [1, 4], kill), ("fcntl", [1, 1030], allow), ("fcntl", [1, 8], kill),
            ("prctl", [15], allow), ("prctl", [4], kill), ("prctl", [38], kill), ("prctl", [0x5356_4D41], allow),
            ("prlimit64", [0, 3], allow), ("prlimit64", [1, 3], kill),
        ] as [(String, [UInt64], UInt32)]
    )
    func arguments(name: String, arguments: [UInt64], expected: UInt32) throws {
        #expect(try action(name, arguments) == expected)
    }

    @Test("what no kernel has yet does not exist, and 32-bit calls are the end")
    func unknown() throws {
        let filter = try FilterInterpreter(SeccompProfile.rehearsal.program)
        #expect(filter.run(SystemCalls.newest + 1).action == noSuchCall)
        #expect(filter.run(0, architecture: 0x4000_0003).action == kill)
    }

    /// Executes a program under the filter given in hexadecimal, and prints how it ended.
    private static let script = #"""
        import ctypes, os, sys
        libc = ctypes.CDLL(None, use_errno=True)
        code = bytes.fromhex(sys.argv[1])
        class Program(ctypes.Structure):
            _fields_ = [("count", ctypes.c_ushort), ("code", ctypes.c_char_p)]
        program = Program(len(code) // 8, code)
        child = os.fork()
        if child == 0:
            null = os.open("/dev/null", os.O_RDWR)
            for number in range(3): os.dup2(null, number)
            libc.prctl(38, 1, 0, 0, 0)
            libc.prctl(22, 2, ctypes.byref(program), 0, 0)
            os.execv(sys.argv[2], sys.argv[2:])
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        """#

    @Test(
        "a program runs under it in the kernel until it has an effect, and dies of that",
        .enabled(if: Shell.has("python3"), "python3 installs the filter in a process of its own; install it"),
        arguments: [(["/bin/true"], "0"), (["/bin/echo", "word"], "-31"), (["/bin/sleep", "1"], "-31")]
    )
    func kernel(command: [String], expected: String) async throws {
        let digits = SeccompProfile.rehearsal.program.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        let output = try await Shell.run(["python3", "-c", Self.script, digits] + command)
        #expect(output.split(separator: "\n").map(String.init) == [expected])
    }
}
