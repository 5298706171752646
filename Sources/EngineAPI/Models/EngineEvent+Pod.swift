import Pods

extension EngineEvent {
    /// What happened to a pod, as an event of its container.
    init(_ event: PodEvent) {
        self.init(
            "container",
            event.action.rawValue,
            id: event.podID,
            attributes: event.attributes.merging(["name": event.name, "image": event.image]) { $1 },
            time: event.time
        )
    }
}
