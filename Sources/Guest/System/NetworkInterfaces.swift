import AgentProtocolEmbedded

/// The machine's network cards, as the kernel names them.
enum NetworkInterfaces {
    /// Their names, the loopback left out.
    static var names: [String] {
        let all = System.entries(of: "/sys/class/net").filter { !$0.isSame(as: "lo") }
        return [String](all.prefix(Interface.mostInGuest))
    }

    /// Their hardware addresses; those of another length than Ethernet's are left out.
    static var addresses: [[UInt8]] {
        names.map { Hexadecimal.bytes(System.read("/sys/class/net/\($0)/address")) }
            .filter { $0.count == Interface.macLength }
    }
}
