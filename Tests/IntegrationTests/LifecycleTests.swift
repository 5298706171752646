import Foundation
import Testing

extension EndToEnd {
    @Suite struct LifecycleTests {
        private static let counter = "i=0; while :; do echo line $i; i=$((i+1)); sleep 0.1; done"

        @Test("a container in the background is listed, and its end too")
        func list() async throws {
            try await withNode { node in
                let id = try await node.succeed("run", "-d", "--name", "quick", "busybox", "sleep", "100")
                #expect(id.count == 64)
                #expect(try await node.succeed("ps", "-q") == id.prefix(12))
                #expect(try await node.succeed("ps", "-q", "--no-trunc") == id)
                let row = try await node.status(of: "quick")
                #expect(row.contains("busybox") && row.contains("\"sleep 100\"") && row.contains(" Up "))
                try await node.succeed("kill", "-s", "KILL", String(id.prefix(6)))
                try await eventually("its end") { try await node.status(of: "quick").contains("Exited (137)") }
                #expect(try await node.succeed("ps", "-q") == "")
                #expect(try await node.succeed("ps", "-aq") == id.prefix(12))
            }
        }

        @Test("the log is printed whole, from its last lines on, and with times")
        func logs() async throws {
            try await withNode { node in
                let script = "for i in 1 2 3 4 5; do echo out $i; done; echo err >&2; printf unfinished"
                try await node.succeed("run", "--name", "talker", "busybox", "sh", "-c", script)
                let all = try await node.apus("logs", "talker")
                #expect(all.output == "out 1\nout 2\nout 3\nout 4\nout 5\nunfinished")
                #expect(all.error == "err\n")
                #expect(try await node.apus("logs", "--tail", "0", "talker").output == "")
                let tail = try await node.apus("logs", "--tail", "3", "talker")
                #expect(tail.output == "out 5\nunfinished")
                #expect(tail.error == "err\n")
                let stamped = try await node.apus("logs", "-t", "talker").lines.first ?? ""
                #expect(stamped.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z out 1/) != nil, "\(stamped)")
            }
        }

        @Test("a log that is followed goes on until the container ends")
        func follow() async throws {
            try await withNode { node in
                let script = "echo first; while [ ! -e /go ]; do sleep 0.1; done; echo last"
                try await node.succeed("run", "-d", "--name", "slow", "busybox", "sh", "-c", script)
                let finished = try await node.running("logs", "-f", "slow") {
                    try await $0.waitForOutput("first")
                    try await node.succeed("exec", "slow", "touch", "/go")
                    try await $0.waitForOutput("last")
                }
                #expect(finished.code == 0)
                #expect(finished.output == "first\nlast\n")
            }
        }

        @Test("attaching gives the output from now on, the input, and the exit code")
        func attach() async throws {
            try await withNode { node in
                let script = "while read line; do echo got $line; done; exit 5"
                try await node.succeed("run", "-d", "-i", "--name", "listener", "busybox", "sh", "-c", script)
                let finished = try await node.running("attach", "listener") {
                    try await $0.write("one\n")
                    try await $0.waitForOutput("got one")
                    try await $0.finishInput()
                }
                #expect(finished.output == "got one\n")
                #expect(finished.code == 5)
            }
        }

        @Test("two clients that are attached see the same")
        func attachTwice() async throws {
            try await withNode { node in
                try await node.succeed("run", "-d", "--name", "counter", "busybox", "sh", "-c", Self.counter)
                _ = try await node.running("attach", "counter") { first in
                    // Attached before the second, so that it sees whatever the second sees.
                    try await first.waitForOutput("line")
                    _ = try await node.running("attach", "counter") { second in
                        try await second.waitForOutput("line")
                        try await first.waitForOutput(String(second.output.split(separator: "\n")[0]) + "\n")
                        try await node.succeed("kill", "counter")
                    }
                }
            }
        }

        @Test("a container that runs is removed only by force")
        func remove() async throws {
            try await withNode { node in
                try await node.succeed("run", "-d", "--name", "stubborn", "busybox", "sleep", "100")
                let refused = try await node.apus("rm", "stubborn")
                #expect(refused.code == 1)
                #expect(refused.error.hasPrefix("apus: container \"stubborn\" is running"))
                #expect(try await node.succeed("rm", "-f", "stubborn") == "stubborn")
                #expect(try await node.succeed("ps", "-aq") == "")
                let unknown = try await node.apus("rm", "stubborn")
                #expect(unknown.code == 1)
                #expect(unknown.error == "apus: no container \"stubborn\" (list them with \"apus ps -a\")\n")
            }
        }

        @Test("a signal goes to the process by name or by number, and nothing else changes")
        func signals() async throws {
            try await withNode { node in
                let script =
                    "trap 'echo usr1' USR1; trap 'echo term; exit 4' TERM; echo up; while :; do sleep 0.1; done"
                let finished = try await node.running("run", "--name", "trapper", "busybox", "sh", "-c", script) {
                    try await $0.waitForOutput("up")
                    try await node.succeed("kill", "-s", "SIGUSR1", "trapper")
                    try await $0.waitForOutput("usr1")
                    try await node.succeed("kill", "-s", "15", "trapper")
                }
                #expect(finished.lines == ["up", "usr1", "term"])
                #expect(finished.code == 4)
            }
        }
    }
}
