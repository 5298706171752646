import Hypervisor

extension PoolMetrics {
    /// The metrics in Prometheus' text format 0.0.4.
    package var prometheus: String {
        let counters = [
            ("apus_pool_hits_total", "Requests that got an idle machine.", counters.hits),
            ("apus_pool_affine_hits_total", "Requests that got an idle machine with their image.", counters.affineHits),
            ("apus_pool_misses_total", "Requests for which no machine waited.", counters.misses),
            ("apus_pool_template_starts_total", "Requests that got a clone of a template.", counters.templateStarts),
            ("apus_pool_cold_starts_total", "Requests that got a machine booted for them.", counters.coldStarts),
            ("apus_pool_failures_total", "Machines and templates that failed.", counters.failures),
            ("apus_pool_templates_built_total", "Templates that were built.", counters.templatesBuilt),
        ]
        let lines = counters.flatMap { name, help, value in Self.metric(name, help, "counter", ["\(value)"]) }
        return (lines + gauges).joined(separator: "\n") + "\n"
    }

    private var gauges: [String] {
        Self.metric(
            "apus_pool_idle_machines",
            "Machines that wait.",
            "gauge",
            [
                "{image=\"no\"} \(idle)", "{image=\"yes\"} \(idleWithImage)",
            ]
        )
            + Self.metric(
                "apus_pool_oldest_seconds",
                "How long a machine waits at most.",
                "gauge",
                [Self.seconds(oldest)]
            )
            + Self.metric(
                "apus_template_age_seconds",
                "How old a template is.",
                "gauge",
                templates.map {
                    "\(Self.labels($0.kind)) \(Self.seconds($0.age))"
                }
            )
            + Self.metric(
                "apus_template_clones",
                "How many clones a template has made.",
                "gauge",
                templates.map {
                    "\(Self.labels($0.kind)) \($0.clones)"
                }
            )
    }

    private static func metric(_ name: String, _ help: String, _ type: String, _ values: [String]) -> [String] {
        ["# HELP \(name) \(help)", "# TYPE \(name) \(type)"]
            + values.map { $0.hasPrefix("{") ? name + $0 : "\(name) \($0)" }
    }

    private static func labels(_ kind: MachineKind) -> String {
        let shape = "memory=\"\(kind.shape.memory)\",processors=\"\(kind.shape.processors)\""
        return "{project=\"\(escape(kind.project))\",\(shape)}"
    }

    /// The three characters that a label's value cannot hold as they are.
    private static func escape(_ text: String) -> String {
        text.reduce(into: "") { result, character in
            switch character {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            default: result.append(character)
            }
        }
    }

    private static func seconds(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        return String(Double(seconds) + Double(attoseconds) / 1e18)
    }
}
