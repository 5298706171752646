import ArgumentParser

/// Command lines whose end belongs to somebody else's program: `apus run [OPTIONS] IMAGE COMMAND...`.
enum PassedThrough {
    /// Refuses an option in the place of the first word that is not ours.
    ///
    /// With a passed-through end, the parser takes an option that it does not know for that word, `--help` included.
    static func check(_ word: String, for command: any ParsableCommand.Type) throws {
        guard word.hasPrefix("-") else { return }
        guard word != "--help", word != "-h" else { throw CleanExit.helpRequest(command) }
        throw ValidationError("unknown option \(quoted(word))")
    }

    /// The words for the program, without the `--` that may come before them.
    static func words(_ captured: [String]) -> [String] {
        captured.first == "--" ? Array(captured.dropFirst()) : captured
    }
}
