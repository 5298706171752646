import ArgumentParser
import Pods

/// What happens when a container ends, and what its user calls it.
struct LifeOptions: ParsableArguments {
    @Option(help: "Start it again: no, always, unless-stopped or on-failure[:times] (default: no).")
    var restart: String?

    @Option(name: .shortAndLong, parsing: .singleValue, help: ArgumentHelp("Set a label.", valueName: "name=value"))
    var label: [String] = []

    @Option(help: "The signal that asks it to end (default: the image's, usually TERM).")
    var stopSignal: String?

    @Option(help: "Kill it this many seconds after that signal; -1 for never (default: 10).")
    var stopTimeout: Int?

    /// Sets what the options say.
    func apply(to spec: inout PodSpec) throws {
        spec.restart = try restart.map { try RestartPolicy(parsing: $0) } ?? .no
        spec.stopSignal = try stopSignal.map { UInt8(clamping: try SignalNumber(parsing: $0).rawValue) }
        spec.stopPatience = stopTimeout.map { .seconds($0) }
        for text in label {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            spec.labels[String(parts[0])] = parts.count > 1 ? String(parts[1]) : ""
        }
    }
}
