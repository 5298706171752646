import OCI
import Pods

extension PodSpec.Options {
    /// Reads what the container's processes may do.
    mutating func readConfinement(_ host: RequestFields) throws(PodsError) {
        addedCapabilities = try host.list("CapAdd") ?? []
        droppedCapabilities = try host.list("CapDrop") ?? []
        privileged = try host.flag("Privileged")
        readOnlyRoot = try host.flag("ReadonlyRootfs")
        maskedPaths = try host.list("MaskedPaths")
        readOnlyPaths = try host.list("ReadonlyPaths")
        sysctls = try host.map("Sysctls")
        oomScoreAdjustment = Int32(clamping: try host.number("OomScoreAdj"))
        for option in try host.list("SecurityOpt") ?? [] { try readSecurity(option) }
        for limit in try host.objects("Ulimits") { try readLimit(limit) }
        for group in try host.list("GroupAdd") ?? [] {
            guard let number = UInt32(group) else {
                throw PodsError(
                    .invalid,
                    "HostConfig.GroupAdd \"\(printable(group.utf8))\" is no number (names of groups are not looked up yet)"
                )
            }
            groups.append(number)
        }
    }

    private mutating func readLimit(_ limit: RequestFields) throws(PodsError) {
        guard let name = try limit.text("Name") else { throw PodsError(.invalid, "HostConfig.Ulimits[] has no Name") }
        limits.append(Limit(name: name, soft: try limit.number("Soft"), hard: try limit.number("Hard")))
    }

    /// Docker's options are `name=value`, older ones `name:value`.
    private mutating func readSecurity(_ option: String) throws(PodsError) {
        let parts = option.split(maxSplits: 1, omittingEmptySubsequences: false) { $0 == "=" || $0 == ":" }
        switch (String(parts[0]), parts.count == 2 ? String(parts[1]) : "") {
        // Nothing in a container gains privileges by executing a program, asked for or not.
        case ("no-new-privileges", ""), ("no-new-privileges", "true"): return
        case ("seccomp", "unconfined"): filtersSystemCalls = false
        case ("seccomp", "builtin"), ("apparmor", "unconfined"), ("apparmor", "docker-default"), ("label", "disable"):
            return
        default:
            throw PodsError(
                .invalid,
                "HostConfig.SecurityOpt \"\(printable(option.utf8))\" is not supported "
                    + "(use no-new-privileges, seccomp=unconfined, apparmor=unconfined or label=disable)"
            )
        }
    }
}
