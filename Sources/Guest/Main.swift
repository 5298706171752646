import AgentProtocolEmbedded
import CLinux

/// PID 1 of a microVM.
@main
struct Main {
    /// The agent's version.
    static let version = "0.1.0"

    static func main() {
        guard !Arguments.areWarm else { return Arguments.answerWarm() }
        guard Arguments.areFirstProcess else { Arguments.refuse() }
        do throws(AgentFailure) {
            let inherited = try Boot.inheritedPort()
            if inherited == nil { try Boot.prepare() }
            let uevents = try System.checkShim(lx_uevent_socket(), "listen for uevents")
            let signals = try System.checkShim(lx_signal_fd(), "receive signals")
            if inherited == nil { try Cgroup.preparePod() }
            let port = if let inherited { inherited } else { try Boot.openPort(uevents: uevents) }
            try Agent(port: port, signals: signals, uevents: uevents, isRenewed: inherited != nil).run()
        } catch {
            // Without a channel there is nobody to answer to: say why on the console, and end the machine.
            Log.line("\(error.stage): errno \(error.errno)")
            lx_power_off()
        }
    }
}
