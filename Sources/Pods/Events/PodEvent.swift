/// Something that happened to a pod.
package struct PodEvent: Sendable, Equatable {
    /// What happened, in Docker's words.
    package enum Action: String, Sendable, Hashable, CaseIterable {
        case create, start, die, stop, kill, pause, unpause, restart, rename, oom, destroy, attach
        case execCreate = "exec_create"
        case execStart = "exec_start"
        case execDie = "exec_die"
    }

    /// When, in nanoseconds since 1970.
    package let time: Int64
    /// The pod's id.
    package let podID: String
    /// The pod's name then.
    package let name: String
    /// The image as the pod's user named it.
    package let image: String
    /// What happened.
    package let action: Action
    /// The pod's labels and what belongs to the action, by Docker's names: `exitCode`, `signal`, `oldName`, `execID`.
    package let attributes: [String: String]

    init(_ action: Action, _ pod: PodRecord, _ attributes: [String: String] = [:], time: Int64 = Timestamp.now) {
        self.time = time
        (podID, name, image) = (pod.id, pod.name, pod.spec.image)
        self.action = action
        self.attributes = pod.spec.labels.merging(attributes) { $1 }
    }
}
