import Foundation
import Testing

extension EndToEnd {
    @Suite struct StreamTests {
        @Test("what is piped in comes out")
        func echo() async throws {
            try await withNode { node in
                let input = try node.file("input", Data("hi\n".utf8))
                let finished = try await node.apus("run", "--rm", "-i", "busybox", "cat", input: input)
                #expect(finished.output == "hi\n")
                #expect(finished.error == "")
            }
        }

        @Test("without -i the container's input is empty")
        func noInput() async throws {
            try await withNode { node in
                let input = try node.file("input", Data("hi\n".utf8))
                let finished = try await node.apus("run", "--rm", "busybox", "wc", "-c", input: input)
                #expect(finished.line == "0")
            }
        }

        @Test("a container that ends does not wait for its input to end")
        func unreadInput() async throws {
            try await withNode { node in
                let finished = try await node.running("run", "--rm", "-i", "busybox", "sh", "-c", "read x; echo got $x")
                {
                    try await $0.write("one\n")
                    try await $0.waitForOutput("got one")
                    let pid = $0.pid
                    try await eventually("the command to end") { !isAlive(pid) }
                }
                #expect(finished.code == 0)
            }
        }

        private func isAlive(_ pid: Int32) -> Bool {
            let stat = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? ""
            return !stat.isEmpty && !stat.contains(") Z ")
        }

        @Test("100 MB go in and out at once, intact", .timeLimit(.minutes(3)))
        func hundredMegabytes() async throws {
            try await withNode { node in
                let script = """
                    head -c 100000000 /dev/urandom | tee input | sha256sum >before
                    "$APUS" run --rm -i busybox cat <input | sha256sum >after
                    cmp before after
                    """
                let begin = ContinuousClock.now
                let finished = try await node.shell(script, patience: .seconds(150))
                #expect(finished.code == 0, "\(finished.error)")
                print("100 MB through cat, both ways: \(ContinuousClock.now - begin)")
            }
        }

        @Test("output and errors stay apart, complete and in order")
        func interleaved() async throws {
            try await withNode { node in
                let script = "i=0; while [ $i -lt 20000 ]; do echo out $i; echo err $i >&2; i=$((i+1)); done"
                let finished = try await node.apus("run", "--rm", "busybox", "sh", "-c", script)
                #expect(finished.lines == (0..<20000).map { "out \($0)" })
                #expect(finished.errorLines == (0..<20000).map { "err \($0)" })
            }
        }

        @Test("whoever stops reading ends the container, as in a pipeline")
        func readerGoesAway() async throws {
            try await withNode { node in
                let finished = try await node.shell("\"$APUS\" run --rm busybox yes | head -n 2")
                #expect(finished.output == "y\ny\n")
            }
        }
    }
}
