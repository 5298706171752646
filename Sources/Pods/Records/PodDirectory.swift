import Hypervisor
package import SystemPackage

/// Where the parts of one pod are: what must survive under the data root, what belongs to its run under the run root.
package struct PodDirectory: Sendable, Equatable {
    /// What was declared, and how it ended.
    package let data: FilePath
    /// The sockets and the record of its virtual machine.
    package let run: FilePath

    init(node: NodeConfiguration, id: String) {
        data = node.root.appending("pods").appending(id)
        // Socket paths are limited to 107 bytes: the short id leaves room for a long run root.
        run = node.runRoot.appending("pods").appending(String(id.prefix(12)))
    }

    var record: FilePath { data.appending("pod.json") }
    var state: FilePath { data.appending("state.json") }
    var log: FilePath { data.appending("log") }
    /// The disk that the container's changes go to, if they are to survive its run.
    var disk: FilePath { data.appending("changes.ext4") }
    /// Held by the process that attends the pod.
    var lock: FilePath { data.appending("attendant.lock") }
    /// Where clients reach the attendant.
    var socket: FilePath { run.appending("pod.sock") }
    /// Where its machine reads the image's disk, when that is not whole on this node.
    var imageSocket: FilePath { machine.sockets.appending(Self.imageSocket) }
    static let imageSocket = "image.sock"
    /// What the attendant has to say of itself.
    var attendantLog: FilePath { run.appending("attendant.log") }
    /// The machine's own: an idle machine brings its folder along.
    var machine: VMDirectory { VMDirectory(run.appending("vm")) }
}
