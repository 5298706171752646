import AgentProtocolEmbedded

/// Containers' cgroups.
final class ContainerCgroups {
    /// One that is made with the pod's; no container has this name.
    ///
    /// So a template's clones find it ready for their first container, and need not make one.
    static let spareName = ".spare"

    /// Whether nobody has had it.
    ///
    /// A guest that is sealed has had no containers, so its clones' agents, which begin anew, have it too.
    private var hasSpare = true

    /// A cgroup for a container, which nothing has ever run in.
    func make(for container: String, limits: ResourceLimits) throws(AgentFailure) -> Cgroup {
        let group =
            hasSpare ? Cgroup(path: "\(Cgroup.pod.path)/\(Self.spareName)") : try Cgroup.make(container)
        hasSpare = false
        try group.set(limits)
        return group
    }
}
