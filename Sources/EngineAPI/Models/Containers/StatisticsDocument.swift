import OCI
import Pods

extension JSONValue {
    /// An answer of `stats`.
    ///
    /// - Parameters:
    ///   - usage: now; `nil` for a container that does not run.
    ///   - before: the last time, from which clients compute the load.
    ///   - processors: how many processors the container's load is relative to.
    static func statistics(_ record: PodRecord, _ usage: PodUsage?, before: PodUsage?, processors: Int) -> JSONValue {
        [
            "read": .string(EngineTime.text(usage?.time)),
            "preread": .string(EngineTime.text(before?.time)),
            "id": .string(record.id),
            "name": .string("/\(record.name)"),
            "num_procs": 0,
            "storage_stats": [:],
            "pids_stats": usage.map { ["current": .number($0.processes)] } ?? [:],
            "blkio_stats": [
                "io_service_bytes_recursive": .null, "io_serviced_recursive": .null, "io_queue_recursive": .null,
                "io_service_time_recursive": .null, "io_wait_time_recursive": .null, "io_merged_recursive": .null,
                "io_time_recursive": .null, "sectors_recursive": .null,
            ],
            "cpu_stats": processor(usage, processors),
            "precpu_stats": processor(before, processors),
            "memory_stats": memory(usage),
        ]
    }

    private static func processor(_ usage: PodUsage?, _ processors: Int) -> JSONValue {
        let zero: JSONValue = ["periods": 0, "throttled_periods": 0, "throttled_time": 0]
        var stats: [String: JSONValue] = [
            "throttling_data": zero,
            "cpu_usage": [
                "total_usage": .number(usage?.processor ?? 0),
                "usage_in_usermode": .number(usage?.processorUser ?? 0),
                "usage_in_kernelmode": .number((usage?.processor ?? 0) - (usage?.processorUser ?? 0)),
            ],
        ]
        if let usage {
            // Time that all processors together have had: clients only look at how it grows.
            stats["system_cpu_usage"] = .number(UInt64(clamping: usage.time) &* UInt64(processors))
            stats["online_cpus"] = .number(processors)
        }
        return .object(stats)
    }

    private static func memory(_ usage: PodUsage?) -> JSONValue {
        guard let usage else { return [:] }
        return [
            "usage": .number(usage.memory), "max_usage": .number(usage.memoryPeak), "limit": .number(usage.memoryLimit),
            "stats": [:],
        ]
    }
}
