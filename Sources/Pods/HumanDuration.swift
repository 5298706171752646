/// Spans of time for people to read, as Docker prints them: one unit, rounded down (hours to the nearest).
package enum HumanDuration {
    private static let (minute, hour, day): (Int64, Int64, Int64) = (60, 3600, 86400)

    /// `2 minutes`, `About an hour`, `3 weeks`; a negative span counts as none.
    package static func text(_ duration: Duration) -> String {
        let seconds = max(0, duration.components.seconds)
        let hours = (seconds + hour / 2) / hour
        switch seconds {
        case 0: return "Less than a second"
        case 1: return "1 second"
        case ..<minute: return "\(seconds) seconds"
        case ..<(2 * minute): return "About a minute"
        case ..<hour: return "\(seconds / minute) minutes"
        default: return hours == 1 ? "About an hour" : long(hours)
        }
    }

    private static func long(_ hours: Int64) -> String {
        let days = hours / 24
        switch hours {
        case ..<48: return "\(hours) hours"
        case ..<(14 * 24): return "\(days) days"
        case ..<(60 * 24): return "\(days / 7) weeks"
        case ..<(730 * 24): return "\(days / 30) months"
        default: return "\(days / 365) years"
        }
    }

    /// `2 minutes ago`.
    package static func ago(_ duration: Duration) -> String { text(duration) + " ago" }

    /// `Up 3 hours`.
    package static func up(_ duration: Duration) -> String { "Up " + text(duration) }
}
