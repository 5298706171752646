import Hummingbird
import Images
import OCI
import Pods

/// Which containers a list is to show.
struct ContainerSelection {
    private let filters: EngineFilters
    private let showsAll: Bool
    private let limit: Int

    private static let known: Set<String> = [
        "id", "name", "label", "label!", "status", "ancestor", "exited", "before", "since", "health", "volume",
        "network", "publish", "expose", "is-task", "isolation",
    ]
    private static let states: Set<String> = [
        "created", "running", "paused", "restarting", "removing", "exited", "dead",
    ]

    /// Reads `all`, `limit` and `filters`.
    init(_ query: EngineQuery) throws(EngineError) {
        filters = try EngineFilters(query, known: Self.known)
        limit = max(0, try query.number("limit") ?? 0)
        showsAll = query.flag("all") || limit > 0 || filters.has("status") || filters.has("exited")
        if let stranger = filters["status"].first(where: { !Self.states.contains($0) }) {
            throw EngineError(.badRequest, "invalid filter 'status=\(stranger.prefix(50))'")
        }
        if let pattern = filters["name"].first(where: Self.isTooComplex) {
            throw EngineError(.badRequest, "invalid filter 'name=\(pattern.prefix(50))': the pattern is too complex")
        }
        if let stranger = filters["exited"].first(where: { Int32($0) == nil }) {
            throw EngineError(.badRequest, "invalid filter 'exited=\(stranger.prefix(50))'")
        }
    }

    /// Chooses among pods, the newest first.
    func choose(from pods: [PodSummary], images: ImageStore) throws -> [PodSummary] {
        let (before, since) = (try time(of: "before", pods), try time(of: "since", pods))
        let ancestors = filters["ancestor"].map { name in (name, (try? images.image(name))?.id.description) }
        let chosen = pods.filter { pod in
            isShown(pod) && pod.record.created < before ?? .max && pod.record.created > since ?? .min
                && (ancestors.isEmpty || ancestors.contains { descends(pod, $0.0, $0.1) })
        }
        return limit > 0 ? Array(chosen.prefix(limit)) : chosen
    }

    private func isShown(_ pod: PodSummary) -> Bool {
        let record = pod.record
        return (showsAll || pod.state.isActive)
            && filters.allows("id") { record.id.hasPrefix($0) }
            && filters.allows("name") { Self.fits(record.name, $0) }
            && filters.allows("status") { $0 == pod.stateName }
            && filters.allows("exited") { Int32($0) == pod.lastExit?.code && pod.stateName == "exited" }
            && filters.allows("health") { $0 == "none" }
            && filters.allows("network") { $0 == record.spec.refinements.network }
            // There are none of these yet, so nothing that asks for one is shown.
            && !["volume", "publish", "expose"].contains(where: filters.has)
            && filters.allows("is-task") { ["false", "0"].contains($0) }
            && filters.allowsLabels(record.spec.labels)
    }

    /// Docker takes a regular expression over the name with its slash; a text that is none is looked for as it is.
    private static func fits(_ name: String, _ wanted: String) -> Bool {
        guard let pattern = try? Regex(wanted) else { return name.contains(wanted) }
        return "/\(name)".contains(pattern) || name.contains(pattern)
    }

    /// Whether a pattern could take long: repetitions of repetitions do, and many in a row.
    private static func isTooComplex(_ pattern: String) -> Bool {
        let repetitions = pattern.utf8.count { "*+{?".utf8.contains($0) }
        return pattern.utf8.count > 256 || repetitions > 3
            || (repetitions > 0 && pattern.utf8.contains(UInt8(ascii: "(")))
    }

    private func descends(_ pod: PodSummary, _ name: String, _ id: String?) -> Bool {
        pod.record.spec.image == name || pod.record.imageID == id
    }

    private func time(of filter: String, _ pods: [PodSummary]) throws -> Int64? {
        guard let name = filters[filter].first else { return nil }
        guard let pod = pods.first(where: { $0.record.name == name || $0.record.id.hasPrefix(name) }) else {
            throw EngineError(.notFound, "No such container: \(printable(name.utf8))")
        }
        return pod.record.created
    }
}
