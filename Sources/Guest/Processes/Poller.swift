import CLinux

/// The descriptors that the agent waits for in one round of its loop.
struct Poller {
    private var entries: [pollfd] = []

    /// Adds a descriptor with the events it is waited for.
    mutating func add(_ descriptor: Int32, _ events: Int32) {
        entries.append(pollfd(fd: descriptor, events: Int16(truncatingIfNeeded: events), revents: 0))
    }

    /// Waits until something happens or the time is over.
    ///
    /// - Parameter milliseconds: -1 to wait for ever.
    mutating func wait(milliseconds: Int32) {
        _ = poll(&entries, UInt(entries.count), milliseconds)
    }

    /// What happened to a descriptor, or 0.
    func events(of descriptor: Int32) -> Int32 {
        for entry in entries where entry.fd == descriptor { return Int32(entry.revents) }
        return 0
    }
}
