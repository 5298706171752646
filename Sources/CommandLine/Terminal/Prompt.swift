import Glibc

/// Questions to the person at the terminal.
enum Prompt {
    /// Asks for a line; `nil` at the end of the input.
    static func line(_ question: String) -> String? {
        Console.write(question)
        return readLine()
    }

    /// Asks for a line that the terminal does not show; `nil` without a terminal.
    static func secret(_ question: String) -> String? {
        var settings = termios()
        guard tcgetattr(0, &settings) == 0 else { return nil }
        var silent = settings
        silent.c_lflag &= ~tcflag_t(ECHO)
        guard tcsetattr(0, TCSAFLUSH, &silent) == 0 else { return nil }
        defer {
            _ = tcsetattr(0, TCSANOW, &settings)
            Console.write("\n")
        }
        return line(question)
    }

    /// All of a short standard input, without the end of its last line.
    static func rest() -> String? {
        var text = ""
        while let line = readLine(strippingNewline: false), text.utf8.count < 64 << 10 { text += line }
        while text.last?.isNewline == true { text.removeLast() }
        return text
    }

    /// Whether the answer to a question is "yes".
    static func confirms(_ question: String) -> Bool {
        ["y", "yes"].contains(line("\(question) Continue? [y/N] ")?.lowercased())
    }
}
