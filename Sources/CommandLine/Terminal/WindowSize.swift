import Glibc

/// A terminal's size in characters.
package struct WindowSize: Equatable, Sendable {
    /// Lines.
    package let rows: UInt16
    /// Characters a line.
    package let columns: UInt16

    /// Describes a size.
    package init(rows: UInt16, columns: UInt16) {
        self.rows = rows
        self.columns = columns
    }

    /// Asks a terminal for its size; `nil` if the descriptor is no terminal, or one that does not know (0 by 0).
    package init?(of descriptor: Int32) {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0, size.ws_col > 0 else { return nil }
        self.init(rows: size.ws_row, columns: size.ws_col)
    }
}

/// Whether a descriptor is a terminal.
package func isTerminal(_ descriptor: Int32) -> Bool {
    isatty(descriptor) == 1
}
