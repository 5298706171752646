/// A signal as `kill` takes it.
package struct SignalNumber: Equatable, Sendable {
    /// The number on Linux for x86-64 and arm64.
    package let rawValue: Int32

    /// From 1 on (`signal(7)`); 29 is `POLL` too.
    private static let names = [
        "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM",
        "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF",
        "WINCH", "IO", "PWR", "SYS",
    ]

    private static let otherNames: [String: Int32] = ["IOT": 6, "CLD": 17, "POLL": 29]

    /// The first and the last real-time signal as the C library counts them; it keeps 32 and 33 for itself.
    private static let realTime: ClosedRange<Int32> = 34...64

    /// Reads `KILL`, `SIGKILL`, `9` or `SIGRTMIN+1`, in any case.
    package init(parsing text: String) throws(UsageError) {
        guard let number = Self.number(text), (1...Self.realTime.upperBound).contains(number) else {
            throw UsageError("there is no signal \(quoted(text)) (use a name such as TERM, or a number from 1 to 64)")
        }
        rawValue = number
    }

    private static func number(_ text: String) -> Int32? {
        if text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) { return Int32(text) }
        var name = text.uppercased()
        if name.hasPrefix("SIG") { name.removeFirst(3) }
        if let index = names.firstIndex(of: name) { return Int32(index) + 1 }
        return otherNames[name] ?? realTimeNumber(name)
    }

    private static func realTimeNumber(_ name: String) -> Int32? {
        if name == "RTMIN" { return realTime.lowerBound }
        if name == "RTMAX" { return realTime.upperBound }
        guard name.hasPrefix("RTMIN+") || name.hasPrefix("RTMAX-"),
            let distance = DecimalNumber(name.dropFirst(6)), distance.decimals == 0, distance.digits <= 30
        else { return nil }
        let step = Int32(distance.digits)
        return name.hasPrefix("RTMIN+") ? realTime.lowerBound + step : realTime.upperBound - step
    }
}
