import Pods

extension PodSpec {
    /// Reads the limits of memory, processors and processes.
    ///
    /// - Returns: warnings.
    mutating func readResources(
        _ host: RequestFields,
        _ options: inout Options,
        processors: Int
    ) throws(PodsError) -> [String] {
        memory = try Self.readMemory(host)
        milliCPU = try Self.readProcessors(host, processors)
        let processes = try host.number("PidsLimit")
        if processes > 0 { options.processes = UInt32(clamping: processes) }
        let shared = try host.number("ShmSize")
        guard shared >= 0 else { throw PodsError(.invalid, "SHM size can not be less than 0") }
        if shared > 0 { options.sharedMemory = UInt64(shared) }
        return try swapWarnings(host)
    }

    /// The limit of memory that a request or an update names; `nil` for none.
    static func readMemory(_ host: RequestFields) throws(PodsError) -> UInt64? {
        let memory = try host.number("Memory")
        guard memory >= 0 else { throw PodsError(.invalid, "a memory limit of \(memory) bytes is negative") }
        return memory > 0 ? UInt64(memory) : nil
    }

    /// A machine has no swap, so only a limit of swap that could be reached makes a difference.
    private func swapWarnings(_ host: RequestFields) throws(PodsError) -> [String] {
        let swap = try host.number("MemorySwap")
        guard swap > 0 else { return [] }
        guard let memory else {
            throw PodsError(.invalid, "you should always set the Memory limit when using Memoryswap limit, see usage")
        }
        guard swap >= memory else {
            throw PodsError(.invalid, "minimum memoryswap limit should be larger than memory limit, see usage")
        }
        return swap > memory ? ["HostConfig.MemorySwap has no effect: the container's machine has no swap"] : []
    }

    /// Processor time in thousandths; `nil` for no limit.
    static func readProcessors(_ host: RequestFields, _ processors: Int) throws(PodsError) -> UInt32? {
        let (nano, quota, period) = (
            try host.number("NanoCpus"), try host.number("CpuQuota"), try host.number("CpuPeriod")
        )
        guard nano == 0 || (quota == 0 && period == 0) else {
            throw PodsError(.invalid, "conflicting options: Nano CPUs and CPU quota or period cannot both be set")
        }
        if nano != 0 { return try milli(nano: nano, processors) }
        guard period == 0 || (1_000...1_000_000).contains(period) else {
            throw PodsError(
                .invalid,
                "CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)"
            )
        }
        // No quota, whatever the period, is no limit; so is -1.
        guard quota > 0 else { return nil }
        guard quota >= 1_000 else {
            throw PodsError(.invalid, "CPU cfs quota can not be less than 1ms (i.e. 1000)")
        }
        let (perSecond, overflow) = quota.multipliedReportingOverflow(by: 1000)
        guard !overflow else { throw PodsError(.invalid, "a CPU quota of \(quota) is too large") }
        // More than all processors is no limit to Docker; the container gets them all.
        return UInt32(clamping: min(perSecond / (period == 0 ? 100_000 : period), Int64(processors) * 1000))
    }

    private static func milli(nano: Int64, _ processors: Int) throws(PodsError) -> UInt32 {
        guard nano >= 10_000_000, nano <= Int64(processors) * 1_000_000_000 else {
            throw PodsError(
                .invalid,
                "range of CPUs is from 0.01 to \(processors).00, as there are only \(processors) CPUs available"
            )
        }
        return UInt32(nano / 1_000_000)
    }
}
