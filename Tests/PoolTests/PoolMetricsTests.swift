import Hypervisor
import Testing

@testable import Pool

struct PoolMetricsTests {
    @Test("metrics are rendered in Prometheus' text format, with names that cannot break it")
    func rendering() {
        var counters = PoolCounters()
        (counters.hits, counters.affineHits, counters.templateStarts, counters.coldStarts) = (1, 2, 3, 4)
        let kind = MachineKind(project: "a\"b\\c\nd", shape: MachineShape(memory: 256 << 20, processors: 1))
        let metrics = PoolMetrics(
            counters: counters,
            idle: 2,
            idleWithImage: 1,
            oldest: .milliseconds(1500),
            templates: [PoolMetrics.Template(kind: kind, age: .seconds(60), clones: 7)]
        )
        let lines = metrics.prometheus.split(separator: "\n").map(String.init)
        let labels = #"{project="a\"b\\c\nd",memory="268435456",processors="1"}"#
        for line in [
            "apus_pool_hits_total 1", "apus_pool_affine_hits_total 2", "apus_pool_misses_total 7",
            "apus_pool_idle_machines{image=\"no\"} 2", "apus_pool_idle_machines{image=\"yes\"} 1",
            "apus_pool_oldest_seconds 1.5", "apus_template_clones\(labels) 7",
            "apus_template_age_seconds\(labels) 60.0",
        ] {
            #expect(lines.contains(line), "\(line)")
        }
        #expect(lines.allSatisfy { $0.hasPrefix("#") || $0.split(separator: " ").count == 2 })
    }
}
