import ArgumentParser
import Images

/// How a transfer tells what it does.
struct TransferOptions: ParsableArguments {
    @Flag(name: .shortAndLong, help: "Print the result only.")
    var quiet = false

    @Option(help: "How to show progress: auto, tty, plain, json or quiet.")
    var progress: ProgressStyle = .auto

    var isQuiet: Bool { quiet || progress == .quiet }

    var printer: ProgressPrinter { ProgressPrinter(isQuiet ? .quiet : progress) }
}
