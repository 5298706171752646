/// A pod as it was declared.
package struct PodRecord: Codable, Sendable, Equatable {
    /// 64 hexadecimal digits.
    package let id: String
    /// A name that no other pod has.
    package let name: String
    /// What the user asked for.
    package let spec: PodSpec
    /// The image's digest: what its name meant when the pod was made.
    package let imageID: String
    /// The command line in force, for lists.
    package let commandLine: [String]
    /// When it was made, in nanoseconds since 1970.
    package let created: Int64

    /// The first 12 digits of the id.
    package var shortID: String { String(id.prefix(12)) }

    /// Whether anything of it is to survive a power cut: its machine does not, and one that is removed when it ends has
    /// nothing else to tell.
    var isDurable: Bool { !spec.autoRemove }
}

/// Where a pod is in its life.
package enum PodState: Codable, Sendable, Equatable {
    /// Declared; its process has not started.
    case created
    /// Its process runs.
    case running(since: Int64)
    /// Its process has ended, or could not start.
    case exited(PodExit)

    /// How it ended, if it has.
    package var exit: PodExit? { if case .exited(let exit) = self { exit } else { nil } }
    /// Whether its process runs.
    package var isRunning: Bool { if case .running = self { true } else { false } }
}

/// How a pod ended.
package struct PodExit: Codable, Sendable, Equatable {
    /// The exit code as Docker gives it: the process's, 128 and a signal, 126 or 127 for a command that could not be
    /// executed or found, 125 when Apus itself failed.
    package var code: Int32
    /// Whether its memory limit killed something of it.
    package var outOfMemory = false
    /// What failed, when it was not the process itself.
    package var error: String?
    /// When, in nanoseconds since 1970.
    package var finished: Int64

    /// Describes an end.
    package init(code: Int32, outOfMemory: Bool = false, error: String? = nil, finished: Int64) {
        self.code = code
        self.outOfMemory = outOfMemory
        self.error = error
        self.finished = finished
    }
}

/// A pod with its state: what lists show.
package struct PodSummary: Sendable, Equatable {
    /// As declared.
    package let record: PodRecord
    /// As it is.
    package let state: PodState
}
