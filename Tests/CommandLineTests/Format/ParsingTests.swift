import CommandLine
import Testing

@Suite("Words on the command line")
struct ParsingTests {
    @Test(
        "sizes of memory",
        arguments: [
            ("0", 0), ("512", 512), ("512b", 512), ("1k", 1024), ("128m", 128 << 20), ("128M", 128 << 20),
            ("1g", 1 << 30), ("1.5g", 3 << 29), ("0.5k", 512), ("2t", 2 << 40), ("64mb", 64 << 20), ("64MiB", 64 << 20),
            ("999999999999999999", 999_999_999_999_999_999), ("0.3b", 0),
        ] as [(String, UInt64)]
    )
    func memory(text: String, bytes: UInt64) throws {
        #expect(try MemorySize(parsing: text).bytes == bytes)
    }

    @Test(
        "what is no size is refused with an example",
        arguments: [
            "", "m", "-1", "+1", "1x", "1.2.3g", "1.", ".5", " 1g", "1 g", "1bb", "1ib", "0x10", "1e3", "١", "1g\n",
        ]
    )
    func noMemory(text: String) {
        let error = #expect(throws: UsageError.self) { try MemorySize(parsing: text) }
        #expect(error?.message.hasSuffix("is no size (write a number with a unit, such as 128m or 1.5g)") == true)
    }

    @Test("a size beyond all machines is refused", arguments: ["8388608t", "999999999999999999k", "9999999t"])
    func tooMuchMemory(text: String) {
        let error = #expect(throws: UsageError.self) { try MemorySize(parsing: text) }
        #expect(error?.message == "the size \"\(text)\" is too large (no machine has more than 8 EiB)")
    }

    @Test(
        "numbers of CPUs",
        arguments: [
            ("2", 2000), ("0.5", 500), ("1.125", 1125), ("0.001", 1), ("8192", 8_192_000), ("1.5000", 1500),
            ("0.29", 290),
        ] as [(String, UInt32)]
    )
    func cpus(text: String, millis: UInt32) throws {
        #expect(try CPUQuantity(parsing: text).milliCPU == millis)
    }

    @Test(
        "numbers of CPUs that cannot be given are refused with the reason",
        arguments: [
            ("", #""" is no number of CPUs (write it as 2 or 0.5)"#),
            ("-1", #""-1" is no number of CPUs (write it as 2 or 0.5)"#),
            ("two", #""two" is no number of CPUs (write it as 2 or 0.5)"#),
            ("0", #""0" CPUs cannot be given (use thousandths, at least 0.001)"#),
            ("0.0005", #""0.0005" CPUs cannot be given (use thousandths, at least 0.001)"#),
            ("1.0000000001", #""1.0000000001" CPUs cannot be given (use thousandths, at least 0.001)"#),
            ("8193", #""8193" CPUs are more than any machine has (the most is 8192)"#),
        ]
    )
    func noCPUs(text: String, message: String) {
        let error = #expect(throws: UsageError.self) { try CPUQuantity(parsing: text) }
        #expect(error?.message == message)
    }

    @Test(
        "variables come from the word, or by name from the caller",
        arguments: [
            ("A=b", "A=b"), ("A=", "A="), ("A=b=c", "A=b=c"), ("HOME", "HOME=/root"), ("MISSING", nil),
            ("HOME=x", "HOME=x"),
        ] as [(String, String?)]
    )
    func environment(text: String, result: String?) throws {
        #expect(try EnvironmentOption.resolve(text, host: { ["HOME": "/root"][$0] }) == result)
    }

    @Test("a variable without a name is refused", arguments: ["", "=", "=x", "A=b\0c"])
    func noVariable(text: String) {
        let error = #expect(throws: UsageError.self) { try EnvironmentOption.resolve(text, host: { _ in "x" }) }
        #expect(error?.message.hasSuffix("is no environment variable (write it as NAME=value)") == true)
    }

    @Test(
        "signals by name and by number",
        arguments: [
            ("KILL", 9), ("SIGKILL", 9), ("sigterm", 15), ("Term", 15), ("9", 9), ("64", 64), ("HUP", 1), ("WINCH", 28),
            ("IO", 29), ("POLL", 29), ("SYS", 31), ("CHLD", 17), ("RTMIN", 34), ("SIGRTMIN+1", 35), ("rtmin+30", 64),
            ("SIGRTMAX", 64), ("RTMAX-30", 34),
        ] as [(String, Int32)]
    )
    func signal(text: String, number: Int32) throws {
        #expect(try SignalNumber(parsing: text).rawValue == number)
    }

    @Test(
        "what is no signal is refused",
        arguments: [
            "", "0", "65", "-9", "SIG", "SIGSIGKILL", "KILLED", "RTMIN+31", "RTMIN+", "RTMIN+1.5", "RTMAX+1",
            "99999999999",
        ]
    )
    func noSignal(text: String) {
        let error = #expect(throws: UsageError.self) { try SignalNumber(parsing: text) }
        #expect(
            error?.message
                == "there is no signal \"\(text)\" (use a name such as TERM, or a number from 1 to 64)"
        )
    }

    @Test("a hostile word is shown harmless and short")
    func hostile() {
        let error = #expect(throws: UsageError.self) {
            try SignalNumber(parsing: "\u{1B}[2J" + String(repeating: "x", count: 1000))
        }
        #expect(error?.message.contains("\u{1B}") == false)
        #expect((error?.message.count ?? .max) < 160)
    }
}
