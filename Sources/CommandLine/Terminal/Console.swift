import SystemPackage

/// What a command itself has to say: short texts, written at once.
enum Console {
    /// Prints text.
    static func write(_ text: String) { _ = try? FileDescriptor.standardOutput.writeAll(text.utf8) }

    /// Prints a line.
    static func line(_ text: String) { write(text + "\n") }

    /// Prints text about what was done, beside a command's own output.
    static func report(_ text: String) { _ = try? FileDescriptor.standardError.writeAll(text.utf8) }

    /// Prints a line of complaint.
    static func complain(_ text: String) { _ = try? FileDescriptor.standardError.writeAll("apus: \(text)\n".utf8) }
}
