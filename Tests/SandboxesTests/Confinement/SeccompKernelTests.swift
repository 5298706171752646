import Sandboxes
import TestSupport
import Testing

@Suite(
    "The filter in the kernel",
    .enabled(if: Shell.has("python3"), "python3 installs the filter in a process of its own; install it")
)
struct SeccompKernelTests {
    /// Installs the filter given in hexadecimal, then tries calls and prints how each went.
    private static let script = #"""
        import ctypes, os, socket, sys, tempfile
        libc = ctypes.CDLL(None, use_errno=True)
        code = bytes.fromhex(sys.argv[1])
        folder = tempfile.mkdtemp()
        class Program(ctypes.Structure):
            _fields_ = [("count", ctypes.c_ushort), ("code", ctypes.c_char_p)]
        program = Program(len(code) // 8, code)
        assert libc.prctl(38, 1, 0, 0, 0) == 0
        assert libc.prctl(22, 2, ctypes.byref(program), 0, 0) == 0
        def call(number, *arguments):
            ctypes.set_errno(0)
            result = libc.syscall(ctypes.c_long(number), *[ctypes.c_long(a) for a in arguments])
            return "ok" if result >= 0 else os.strerror(ctypes.get_errno())
        def open_socket(family):
            try:
                socket.socket(family, socket.SOCK_STREAM).close()
                return "ok"
            except OSError as error:
                return os.strerror(error.errno)
        os.mkdir(folder + "/made")
        print("mkdir", os.path.isdir(folder + "/made"))
        os.rmdir(folder + "/made"); os.rmdir(folder)
        print("unshare", call(272, 0x10000000))
        print("clone3", call(435, 0, 0))
        print("future", call(600))
        print("personality", call(135, 0xffffffff))
        print("no-randomize", call(135, 0x40000))
        print("unix", open_socket(socket.AF_UNIX))
        print("vsock", open_socket(40))
        child = os.fork()
        if child == 0: os._exit(7)
        print("fork", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        """#

    @Test("it is accepted, and ordinary programs run under it")
    func installs() async throws {
        let program = SeccompProfile.standard(with: .standard).program
        let digits = program.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        let output = try await Shell.run(["python3", "-c", Self.script, digits])
        #expect(
            output.split(separator: "\n").map(String.init) == [
                "mkdir True", "unshare Operation not permitted", "clone3 Function not implemented",
                "future Function not implemented", "personality ok", "no-randomize Operation not permitted",
                "unix ok", "vsock Operation not permitted", "fork 7",
            ]
        )
    }
}
