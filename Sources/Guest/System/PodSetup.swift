import AgentProtocolEmbedded
import CLinux

/// Makes the guest one pod's: randomness first, so that nothing that follows can be guessed.
enum PodSetup {
    /// What containers find as /etc/machine-id (machine-id(5)).
    static let machineIDFile = "/run/pod/machine-id"

    static func apply(_ pod: PodConfiguration) throws(AgentFailure) {
        guard pod.entropy.count >= 32 else { throw AgentFailure(.invalid, stage: "entropy of fewer than 32 bytes") }
        try System.checkShim(lx_reseed(pod.entropy, pod.entropy.count), "reseed the random generator")
        try System.checkShim(lx_set_clock(pod.realtime), "set the clock")
        try System.check(sethostname(pod.hostname, pod.hostname.utf8.count), "set the host name")
        System.makeFolders("/run/pod")
        let flags = O_WRONLY | O_CREAT | O_TRUNC
        try System.write([UInt8]((pod.hostname + "\n").utf8), to: "/run/pod/hostname", flags: flags)
        try System.write(pod.hosts, to: "/run/pod/hosts", flags: flags)
        try System.write(Hexadecimal.text(pod.machineID) + [UInt8(ascii: "\n")], to: machineIDFile, flags: flags)
        try System.write(pod.resolvConf, to: "/run/pod/resolv.conf", flags: flags)
        for interface in pod.interfaces { try configure(interface) }
    }

    /// A card without addresses stays down: what the kernel does to start one (queues, multicast groups, IPv6's own
    /// addresses and their announcement) is for nobody then, and much code to translate under emulation.
    private static func configure(_ interface: Interface) throws(AgentFailure) {
        let name = interface.name
        // First of all, for links that forbid a change while they are up.
        if !interface.mac.isEmpty {
            try System.checkShim(lx_link_address_set(name, interface.mac), "set the address of \(name)")
        }
        if interface.mtu > 0 { try System.checkShim(lx_link_mtu_set(name, interface.mtu), "set the MTU of \(name)") }
        if !interface.addresses.isEmpty || !interface.routes.isEmpty {
            try System.checkShim(lx_link_start(name), "bring up \(name)")
        }
        for address in interface.addresses {
            try System.checkShim(
                lx_address_add(name, address.address, address.address.count, address.prefix),
                "add an address to \(name)"
            )
        }
        for route in interface.routes { try add(route, to: name) }
    }

    private static func add(_ route: Route, to name: String) throws(AgentFailure) {
        let target = route.destination
        let result =
            route.gateway.isEmpty
            ? lx_route_add(name, target.address, target.prefix, nil, target.address.count)
            : lx_route_add(name, target.address, target.prefix, route.gateway, target.address.count)
        try System.checkShim(result, "add a route through \(name)")
    }
}
