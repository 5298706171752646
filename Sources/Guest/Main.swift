import AgentProtocolEmbedded
import CLinux

/// PID 1 of a microVM.
@main
struct Main {
    /// The agent's version.
    static let version = "0.1.0"

    static func main() {
        do throws(AgentFailure) {
            try Boot.prepare()
            let uevents = try System.checkShim(lx_uevent_socket(), "listen for uevents")
            let signals = try System.checkShim(lx_signal_fd(), "receive signals")
            try Cgroup.preparePod()
            let port = try Boot.openPort(uevents: uevents)
            Agent(port: port, signals: signals, uevents: uevents).run()
        } catch {
            // Without a channel there is nobody to answer to: say why on the console, and end the machine.
            Log.line("\(error.stage): errno \(error.errno)")
            lx_power_off()
        }
    }
}
