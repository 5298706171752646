import AgentProtocolEmbedded
import CLinux

/// The machine's network cards, as the kernel names them.
enum NetworkInterfaces {
    /// Their names, the loopback left out.
    ///
    /// The kernel numbers them as it finds them, the loopback first, and none is ever taken away.
    static var names: [String] {
        var names: [String] = []
        for index in 1...Int32(Interface.mostInGuest) + 1 {
            guard let name = lx_link_name(index).map({ String(cString: $0) }), !name.isSame(as: "lo") else { continue }
            names.append(name)
        }
        return names
    }

    /// Their hardware addresses; those that are no Ethernet have none.
    static var addresses: [[UInt8]] {
        var addresses: [[UInt8]] = []
        for name in names {
            var address = [UInt8](repeating: 0, count: Interface.macLength)
            if lx_link_address(name, &address) == 0 { addresses.append(address) }
        }
        return addresses
    }
}
