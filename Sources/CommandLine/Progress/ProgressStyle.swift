import ArgumentParser

/// How the progress of a transfer is shown.
enum ProgressStyle: String, CaseIterable, ExpressibleByArgument {
    /// On a terminal lines that change in place, elsewhere plain lines.
    case auto
    case tty
    case plain
    /// One JSON object a line, in the form of the Docker Engine API.
    case json
    case quiet
}
