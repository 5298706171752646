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
            if let inherited = try Boot.inheritedChannels() { try Agent(inherited, isRenewed: true).run() }
            try Boot.prepare()
            try Cgroup.preparePod()
            try Agent(try Boot.openChannels(), isRenewed: false).run()
        } catch {
            // Without a channel there is nobody to answer to: say why on the console, and end the machine.
            Log.line("\(error.stage): errno \(error.errno)")
            lx_power_off()
        }
    }
}
