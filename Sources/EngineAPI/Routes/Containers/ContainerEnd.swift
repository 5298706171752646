import Pods

/// The end of a container that a client waits for.
struct ContainerEnd: Sendable {
    let pods: PodService
    let pod: String
    let condition: WaitCondition

    /// Waits for it.
    ///
    /// Pods know of ends that come from now on, and events also of one that came since; whoever knows first tells.
    ///
    /// - Parameter events: what happens, from before the client was told that it waits.
    func wait(since events: PodEvents.Events) async throws -> PodExit {
        guard condition != .notRunning else { return try await pods.wait(pod, for: condition) }
        return try await withThrowingTaskGroup(of: PodExit?.self) { group in
            group.addTask { try? await pods.wait(pod, for: condition) }
            group.addTask { try await end(in: events) }
            defer { group.cancelAll() }
            while let exit = try await group.next() { if let exit { return exit } }
            throw PodsError(.notFound, "container \(pod.prefix(12)) has been removed")
        }
    }

    private func end(in events: PodEvents.Events) async throws -> PodExit? {
        var last: PodExit?
        for try await event in events where event.podID == pod {
            switch event.action {
            case .die:
                let code = event.attributes["exitCode"].flatMap { Int32($0) } ?? 0
                last = PodExit(code: code, finished: event.time)
                if condition == .nextExit { return last }
            case .destroy: return last ?? PodExit(code: 0, finished: event.time)
            default: continue
            }
        }
        return nil
    }
}
