import AgentProtocolEmbedded
import CLinux

/// The descriptors that the agent listens to, and keeps when it executes itself anew.
struct Channels {
    let port: Int32
    let signals: Int32
    let uevents: Int32
}

/// From the kernel's first user-space instruction to an open channel.
enum Boot {
    /// The name that QEMU gives the agent's port.
    static let portName = "apus.agent.0"

    /// Prepares the guest's own tree.
    static func prepare() throws(AgentFailure) {
        try System.checkShim(lx_leave_initramfs(), "leave the initramfs")
        let noExec = MS_NOSUID | MS_NODEV | MS_NOEXEC
        try System.mount("devtmpfs", on: "/dev", flags: MS_NOSUID)
        try System.mount("proc", on: "/proc", flags: noExec)
        try System.mount("sysfs", on: "/sys", flags: noExec)
        try System.mount("tmpfs", on: "/run", flags: MS_NOSUID | MS_NODEV, options: "mode=755")
        try System.mount("cgroup2", on: "/sys/fs/cgroup", flags: noExec)
        umask(0o022)
        loadModules()
        // Every pod has it, so a template's clones find it up.
        try System.checkShim(lx_link_start("lo"), "bring up lo")
    }

    /// What the agent listens to, in a guest that has just been booted.
    static func openChannels() throws(AgentFailure) -> Channels {
        let uevents = try System.checkShim(lx_uevent_socket(), "listen for uevents")
        let signals = try System.checkShim(lx_signal_fd(), "receive signals")
        let port = try openPort(uevents: uevents)
        let asked = lx_request_sigio(port)
        if asked < 0 { Log.line("no SIGIO on the port: errno \(-asked)") }
        return Channels(port: port, signals: signals, uevents: uevents)
    }

    /// What the program before this one left open, if a renewal has executed this one: then the tree, the modules and
    /// the cgroups are prepared already, and the signals are blocked.
    static func inheritedChannels() throws(AgentFailure) -> Channels? {
        guard Arguments.text(1)?.isSame(as: "renewed") == true else { return nil }
        return Channels(port: try inherited(2), signals: try inherited(3), uevents: try inherited(4))
    }

    private static func inherited(_ argument: Int32) throws(AgentFailure) -> Int32 {
        guard let text = Arguments.text(argument), let number = Decimal.parse([UInt8](text.utf8)), number < 1000 else {
            throw AgentFailure(.invalid, stage: "read the number of a descriptor")
        }
        try System.checkShim(lx_keep_from_children(Int32(number)), "keep descriptor \(number)")
        return Int32(number)
    }

    /// Opens the agent's port as soon as the kernel has found it.
    private static func openPort(uevents: Int32) throws(AgentFailure) -> Int32 {
        let deadline = lx_uptime_us() + 30_000_000
        while lx_uptime_us() < deadline {
            for port in System.entries(of: "/sys/class/virtio-ports")
            where System.readText("/sys/class/virtio-ports/\(port)/name").isSame(as: portName) {
                let number = lx_open("/dev/\(port)", O_RDWR | O_NONBLOCK, 0)
                if number >= 0 { return number }
            }
            // A port's name arrives after the port itself, without an event of its own: look again at least every 5 ms.
            var waiting = pollfd(fd: uevents, events: Int16(POLLIN), revents: 0)
            _ = poll(&waiting, 1, 5)
            drain(uevents)
        }
        throw AgentFailure(.timeout, stage: "find the port \(portName)")
    }

    /// Reads events away; they only say that something has changed.
    static func drain(_ socket: Int32) {
        var buffer = [UInt8](repeating: 0, count: 8192)
        while read(socket, &buffer, buffer.count) > 0 {}
    }

    /// Loads the modules that the initramfs brings, in the order of their names.
    private static func loadModules() {
        var names = System.entries(of: "/modules")
        names.sort { [UInt8]($0.utf8).lexicographicallyPrecedes([UInt8]($1.utf8)) }
        for name in names {
            let result = lx_load_module("/modules/\(name)")
            if result < 0 { Log.line("module \(name): errno \(-result)") }
            // The initramfs is memory: a loaded module's file is of no use any more.
            unlink("/modules/\(name)")
        }
    }
}
