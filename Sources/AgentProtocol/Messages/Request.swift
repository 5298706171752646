/// What a host asks of the guest.
package enum Request: WireEquatable, Sendable {
    /// Makes the guest this pod's; the answer says who it is now. Refused once a container exists.
    case configurePod(PodConfiguration)
    /// Makes a container and, unless told otherwise, starts it: one round trip from disks to a running process.
    case createContainer(ContainerSpec)
    /// Starts a container that was only made.
    case startContainer(id: String)
    /// Starts a further process in a running container.
    case execute(container: String, ProcessSpec)
    /// Sends a signal to a process; to `everyone` in its container when that is set.
    case signal(process: UInt32, signal: UInt8, everyone: Bool)
    /// Tells a process's terminal its size.
    case resize(process: UInt32, TerminalSize)
    /// Acknowledges the end of a process: its number, its exit status and its streams are forgotten.
    case forget(process: UInt32)
    /// Kills what still runs in a container and removes it. Its disks may be detached afterwards.
    case removeContainer(id: String)
    /// Reads a piece of a file of a container.
    case readFile(FileRange)
    /// Writes a piece of a file of a container.
    case writeFile(FileWrite)
    /// Starts a process that writes a container's changes to its standard output, as the archive of an image's layer.
    ///
    /// With `pause` the container's processes are stopped until that process has ended.
    case archive(process: UInt32, container: String, pause: Bool)
    /// Asks what the pod and its containers use.
    case statistics
    /// Makes the guest a template's: it says `done`, ends the session and does nothing more until it has been renewed.
    ///
    /// Refused once the guest has been configured: what it then knows of itself would be the same in all clones.
    case seal
    /// Mounts layers, and keeps them mounted as long as the machine lives: its next container need not wait for them.
    case retain([LayerSource])
    /// Stops the time of a container's processes, or lets it go on; nothing happens if that is so already.
    ///
    /// Processes that stand still can be killed; other signals wait.
    case pause(container: String, Bool)
    /// Stops everything and turns the machine off; there is no response.
    case shutdown

    /// A frame's message: the id and the request.
    package func encode(id: UInt32) -> [UInt8] {
        var writer = WireWriter()
        writer.integer(id)
        writer.integer(operation)
        encodeBody(to: &writer)
        return writer.bytes
    }

    /// Reads a message.
    ///
    /// The id is read first and alone (`id(of:)`), so that even a request that makes no sense can be answered.
    package init(message: [UInt8]) throws(WireError) {
        var reader = WireReader(message, from: 4)
        switch try reader.integer(UInt8.self) {
        case 1: self = .configurePod(try reader.value())
        case 2: self = .createContainer(try reader.value())
        case 3: self = .startContainer(id: try reader.string(max: 64))
        case 4: self = .execute(container: try reader.string(max: 64), try reader.value())
        case 5:
            self = .signal(process: try reader.integer(), signal: try reader.integer(), everyone: try reader.bool())
        case 6: self = .resize(process: try reader.integer(), try reader.value())
        case 7: self = .forget(process: try reader.integer())
        case 8: self = .removeContainer(id: try reader.string(max: 64))
        case 9: self = .readFile(try reader.value())
        case 10: self = .writeFile(try reader.value())
        case 11: self = .statistics
        case 12: self = .shutdown
        case 13:
            self = .archive(
                process: try reader.integer(),
                container: try reader.string(max: 64),
                pause: try reader.bool()
            )
        case 14: self = .seal
        case 15:
            let layers = try reader.values(LayerSource.self, max: LayerSource.mostLayers)
            guard !layers.isEmpty else { throw .invalid }
            self = .retain(layers)
        case 16: self = .pause(container: try reader.string(max: 64), try reader.bool())
        default: throw .invalid
        }
        try reader.finish()
    }

    /// The id in a request's or a response's message.
    package static func id(of message: [UInt8]) throws(WireError) -> UInt32 {
        var reader = WireReader(message)
        return try reader.integer()
    }

    private var operation: UInt8 {
        switch self {
        case .configurePod: 1
        case .createContainer: 2
        case .startContainer: 3
        case .execute: 4
        case .signal: 5
        case .resize: 6
        case .forget: 7
        case .removeContainer: 8
        case .readFile: 9
        case .writeFile: 10
        case .statistics: 11
        case .shutdown: 12
        case .archive: 13
        case .seal: 14
        case .retain: 15
        case .pause: 16
        }
    }

    private func encodeBody(to writer: inout WireWriter) {
        switch self {
        case .configurePod(let pod): writer.value(pod)
        case .createContainer(let container): writer.value(container)
        case .startContainer(let id), .removeContainer(let id): writer.string(id)
        case .execute(let container, let process):
            writer.string(container)
            writer.value(process)
        case .signal(let process, let signal, let everyone):
            writer.integer(process)
            writer.integer(signal)
            writer.bool(everyone)
        case .resize(let process, let size):
            writer.integer(process)
            writer.value(size)
        case .forget(let process): writer.integer(process)
        case .readFile(let range): writer.value(range)
        case .writeFile(let piece): writer.value(piece)
        case .archive(let process, let container, let pause):
            writer.integer(process)
            writer.string(container)
            writer.bool(pause)
        case .retain(let layers): writer.values(layers)
        case .pause(let container, let isPaused):
            writer.string(container)
            writer.bool(isPaused)
        case .statistics, .shutdown, .seal: break
        }
    }
}
