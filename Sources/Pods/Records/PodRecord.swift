/// A pod as it was declared.
package struct PodRecord: Codable, Sendable, Equatable {
    /// 64 hexadecimal digits.
    package let id: String
    /// A name that no other pod has.
    package var name: String
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

/// A pod with its state: what lists show.
package struct PodSummary: Sendable, Equatable {
    /// As declared.
    package let record: PodRecord
    /// As it is.
    package let state: PodState
    /// When its process started last, in nanoseconds since 1970.
    package let started: Int64?
    /// When its process ended last.
    package let finished: Int64?
    /// How often it has started again by itself since somebody started it.
    package let restarts: Int

    init(_ record: PodRecord, _ status: PodStatus) {
        self.record = record
        state = status.state
        started = status.started
        finished = status.finished
        restarts = status.restarts
    }
}
