import CommandLine
import Testing

@Suite("Tables")
struct TableTests {
    @Test("columns are aligned and lines have no trailing spaces")
    func aligned() {
        var table = Table("NAME", "IMAGE", "STATUS")
        table.append(["a-rather-long-name", "alpine", "Up 2 hours"])
        table.append(["web", "registry.example.com/team/web:1", ""])
        #expect(
            table.text == """
                NAME                 IMAGE                             STATUS
                a-rather-long-name   alpine                            Up 2 hours
                web                  registry.example.com/team/web:1

                """
        )
    }

    @Test("a table without rows shows its headings")
    func empty() {
        #expect(Table("CONTAINER ID", "NAME").text == "CONTAINER ID   NAME\n")
    }

    @Test("missing cells stay empty")
    func missing() {
        var table = Table("A", "B")
        table.append(["x"])
        table.append([])
        #expect(table.text == "A            B\nx\n\n")
    }

    @Test("a cell cannot steer the terminal or begin a line")
    func hostile() {
        var table = Table("NAME")
        table.append(["a\u{1B}[2Jb\nc\u{9B}d\u{7F}"])
        #expect(table.text == "NAME\na?[2Jb?c?d?\n")
    }

    @Test("an accented letter is one character wide")
    func width() {
        var table = Table("NAME", "X")
        table.append(["e\u{301}tude", "1"])
        #expect(table.text == "NAME         X\ne\u{301}tude        1\n")
    }
}
