import FoundationEssentials

/// This host's wall clock, as guests are told it.
package enum WallClock {
    /// Nanoseconds since 1970.
    package static var now: Int64 { Int64(Date.now.timeIntervalSince1970 * 1_000_000_000) }
}
