import CLinux
import SystemPackage

/// Facts about the machine that Apus runs on.
package enum HostMachine {
    /// The kernel's random name for this boot; what was recorded under another one refers to processes long gone.
    package static func bootID() throws(LinuxError) -> String {
        var text = try ProcFile.read("/proc/sys/kernel/random/boot_id")
        text.removeAll(where: \.isWhitespace)
        return text
    }

    /// How many bytes programs can still get without swapping (`MemAvailable`, proc(5)).
    package static func availableMemory() throws(LinuxError) -> UInt64 {
        try memory("MemAvailable")
    }

    /// How many bytes of memory the machine has.
    package static func totalMemory() throws(LinuxError) -> UInt64 {
        try memory("MemTotal")
    }

    /// How many processors this process may use.
    package static var processorCount: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

    /// The time stamp counter's rate in kHz, measured once; `nil` where there is no such counter.
    ///
    /// A guest under emulation reads the host's counter and cannot calibrate it reliably on a busy machine.
    /// The first use blocks for 10 ms.
    package static let tscKilohertz: UInt64? = measureTSC()

    private static func memory(_ field: String) throws(LinuxError) -> UInt64 {
        for line in try ProcFile.read("/proc/meminfo").split(separator: "\n") where line.hasPrefix(field + ":") {
            if let kilobytes = line.split(separator: " ").dropFirst().first.flatMap({ UInt64($0) }) {
                return kilobytes * 1024
            }
        }
        throw LinuxError(stage: "find \(field) in /proc/meminfo", errno: .noData)
    }

    private static func measureTSC() -> UInt64? {
        let (ticks, time) = (lx_rdtsc(), rawNanoseconds())
        var pause = timespec(tv_sec: 0, tv_nsec: 10_000_000)
        // A signal may cut the pause short: the elapsed time is measured, not assumed.
        nanosleep(&pause, nil)
        let (elapsedTicks, elapsed) = (lx_rdtsc() &- ticks, rawNanoseconds() &- time)
        guard elapsedTicks > 0, elapsed > 0 else { return nil }
        return elapsedTicks * 1_000_000 / elapsed
    }

    private static func rawNanoseconds() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC_RAW, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
