import Hypervisor
import SystemPackage

/// How a program is told to be a pod's attendant.
package struct AttendantArguments: Sendable {
    /// The word that makes it one.
    package static let command = "attend"
    /// The number of the listening socket that it inherits.
    package static let socket: Int32 = 3
    /// The number of the pod's lock that it inherits.
    package static let lock: Int32 = 4

    let node: NodeConfiguration
    let podID: String
    /// Whether the pod is to start without a client's asking.
    let alone: Bool

    /// The arguments after the program's name.
    var list: [String] {
        [
            Self.command, podID, "--root", node.root.string, "--run-root", node.runRoot.string, "--guest",
            node.guest.string, "--kernel", node.kernel.text, "--accelerator", node.accelerator.rawValue,
            "--jail", node.jail.rawValue,
        ] + (alone ? ["--alone"] : [])
    }
}
