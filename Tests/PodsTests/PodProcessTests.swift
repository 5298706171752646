import Testing

@testable import Pods

struct PodProcessTests {
    private static func stat(_ name: String = "sh", rest: String? = nil) -> String {
        let fields = rest ?? "S 1 7 7 0 -1 4194560 1 0 0 0 150 50 0 0 20 0 3 0 1000 0 0"
        return "7 (\(name)) \(fields)\n"
    }

    @Test("a process is read from its files, whatever its name", arguments: ["sh", "a b", ") S 9", "((x))"])
    func read(name: String) throws {
        let process = try #require(
            PodProcess(
                stat: Self.stat(name),
                status: "Name:\tsh\nUid:\t1\t1000\t1\t1\n",
                commandLine: Array("sleep\u{0}10\u{0}".utf8),
                boot: 5
            )
        )
        #expect(process.id == 7 && process.parent == 1 && process.threads == 3 && process.user == 1000)
        #expect(process.processorSeconds == 2)
        #expect(process.started == 10_000_000_005)
        #expect(process.command == "sleep 10")
    }

    @Test("a process without a command line has its name")
    func nameless() {
        let process = PodProcess(stat: Self.stat("kworker"), status: "", commandLine: [], boot: 0)
        #expect(process?.command == "[kworker]")
    }

    @Test(
        "what is no process's file is none, and never traps",
        arguments: [
            "", "7", "7 (sh", ") 7 (", "7 (sh) S", "x (sh) S 1 7 7 0 -1 4194560 1 0 0 0 150 50 0 0 20 0 3 0 1000",
            "7 (sh) S 1 7 7 0 -1 0 1 0 0 0 99999999999999999999 50 0 0 20 0 3 0 1000 0",
        ]
    )
    func damaged(text: String) {
        #expect(PodProcess(stat: text, status: "", commandLine: [], boot: 0) == nil)
    }
}
