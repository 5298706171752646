/// The names of signals.
package enum SignalName {
    /// From 1 on (`signal(7)`), by the numbers of x86-64 and arm64; 29 is `POLL` too.
    private static let names = [
        "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM",
        "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF",
        "WINCH", "IO", "PWR", "SYS",
    ]

    private static let otherNames: [String: UInt8] = ["IOT": 6, "CLD": 17, "POLL": 29]

    /// The first and the last real-time signal as the C library counts them; it keeps 32 and 33 for itself.
    private static let realTime: ClosedRange<UInt8> = 34...64

    /// Reads `KILL`, `SIGKILL`, `9` or `SIGRTMIN+1`, in any case; `nil` for what is no signal from 1 to 64.
    package static func number(_ text: String) -> UInt8? {
        if let number = digits(text[...]) { return (1...realTime.upperBound).contains(number) ? number : nil }
        var name = text.uppercased()
        if name.hasPrefix("SIG") { name.removeFirst(3) }
        if let index = names.firstIndex(of: name) { return UInt8(index) + 1 }
        return otherNames[name] ?? realTimeNumber(name)
    }

    private static func realTimeNumber(_ name: String) -> UInt8? {
        if name == "RTMIN" { return realTime.lowerBound }
        if name == "RTMAX" { return realTime.upperBound }
        guard name.hasPrefix("RTMIN+") || name.hasPrefix("RTMAX-"), let step = digits(name.dropFirst(6)), step <= 30
        else { return nil }
        return name.hasPrefix("RTMIN+") ? realTime.lowerBound + step : realTime.upperBound - step
    }

    /// Numbers without a sign.
    private static func digits(_ text: Substring) -> UInt8? {
        text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ? UInt8(text) : nil
    }
}
