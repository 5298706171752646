import Testing

extension EndToEnd {
    @Suite struct TerminalTests {
        @Test("the process has a terminal of the window's size, and hears when that changes")
        func size() async throws {
            try await withNode { node in
                try await TerminalWindow.with(node) { window in
                    try await window.type("$APUS run --rm -it busybox sh")
                    try await window.waitFor("/ #")
                    try await window.type("tty; stty size; echo $TERM")
                    try await window.waitFor("/dev/pts/0\n24 80\nxterm")
                    try await window.resize(columns: 101, rows: 33)
                    try await eventually("the new size") {
                        try await window.type("clear; stty size")
                        return try await window.screen().contains("33 101")
                    }
                    try await window.type("exit 6")
                    try await window.waitFor("ready>")
                    try await window.type("echo code $?")
                    try await window.waitFor("code 6")
                }
            }
        }

        @Test("Ctrl-C reaches the process, not the command")
        func interrupt() async throws {
            try await withNode { node in
                try await TerminalWindow.with(node) { window in
                    try await window.type("$APUS run --rm -it busybox sh")
                    try await window.waitFor("/ #")
                    try await window.type("echo begun $((1+1)); sleep 100")
                    try await window.waitFor("begun 2")
                    try await window.press("C-c")
                    try await window.waitFor("^C")
                    try await window.type("echo still $((40+2))")
                    try await window.waitFor("still 42")
                    try await window.press("C-d")
                    try await window.waitFor("ready>")
                }
            }
        }

        @Test("a full-screen program draws, follows the window's size and quits")
        func fullScreen() async throws {
            try await withNode { node in
                try await TerminalWindow.with(node) { window in
                    try await window.type("$APUS run --rm -it busybox vi /tmp/note")
                    try await window.waitFor("~\n~")
                    try await window.type("ihello from vi")
                    try await window.press("Escape")
                    try await window.waitFor("- /tmp/note")
                    try await window.resize(columns: 60, rows: 12)
                    try await window.press("C-l")
                    try await eventually("vi to draw itself again") {
                        let lines = try await window.screen().split(separator: "\n")
                        return lines.first?.hasPrefix("hello") == true && lines.last?.contains("/tmp/note") == true
                            && lines.count { $0.hasPrefix("~") } == 9
                    }
                    try await window.type(":q!")
                    try await window.waitFor("ready>")
                }
            }
        }

        @Test("the detach keys leave the container running, and attach comes back to it")
        func detach() async throws {
            try await withNode { node in
                try await TerminalWindow.with(node) { window in
                    try await window.type("$APUS run -it --name shell busybox sh")
                    try await window.waitFor("/ #")
                    try await window.type("remembered=value")
                    try await window.press("C-p", "C-q")
                    try await window.waitFor("ready>")
                    #expect(try await node.status(of: "shell").contains(" Up "))
                    try await window.type("clear; $APUS attach shell")
                    try await window.type("echo still $remembered")
                    try await window.waitFor("still value")
                    try await window.type("exit")
                    try await eventually("its end") { try await node.status(of: "shell").contains("Exited (0)") }
                }
            }
        }

        @Test("the user's terminal is afterwards as it was before")
        func restored() async throws {
            try await withNode { node in
                try await TerminalWindow.with(node) { window in
                    try await window.type("cd \(node.folder) && stty -a >before")
                    try await window.type("$APUS run --rm -it busybox stty -a; stty -a >after; echo written $((1+1))")
                    try await window.waitFor("written 2")
                    #expect(try await node.shell("cmp before after").code == 0)
                }
            }
        }

        @Test("a further command has a terminal of its own")
        func exec() async throws {
            try await withNode { node in
                try await node.succeed("run", "-d", "--name", "host", "busybox", "sleep", "100")
                try await TerminalWindow.with(node) { window in
                    try await window.type(
                        "clear; $APUS exec -it host sh -c 'tty; stty size; read line; echo got $line'"
                    )
                    try await window.waitFor("24 80")
                    try await window.type("something")
                    try await window.waitFor("got something")
                    try await window.waitFor("ready>")
                }
            }
        }

        @Test("-t without a terminal is refused in one line, and leaves nothing")
        func noTerminal() async throws {
            try await withNode { node in
                let finished = try await node.apus("run", "--rm", "-it", "busybox", "true")
                #expect(finished.code == 125)
                #expect(finished.error == "apus: standard input is not a terminal (leave out -t)\n")
                #expect(try await node.succeed("ps", "-aq") == "")
            }
        }
    }
}
