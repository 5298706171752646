/// The bounds that both ends enforce; docs/agent-protocol.md repeats them.
package enum ProtocolLimits {
    /// The version that both ends are built for.
    package static let version: UInt16 = 3
    /// A frame's body.
    ///
    /// virtio-console hands the device at most 32 KiB a write, so a larger frame gains nothing.
    package static let frame = 32 * 1024
    /// A request, a response or an event, gathered from its frames.
    package static let message = 1024 * 1024
    /// A string: what Linux allows for one argument (MAX_ARG_STRLEN).
    package static let string = 128 * 1024
    /// Elements of a list.
    package static let list = 4096
    /// Output that the guest keeps per stream until the host has acknowledged it; then the writer has to wait.
    package static let retention = 256 * 1024
    /// Output that a new process may send before its host's first credit, so that a short answer needs no round trip.
    package static let initialCredit = 64 * 1024
    /// Input that the guest takes per process before the process has read it.
    package static let inputWindow = 128 * 1024
    /// Bytes of one file message.
    package static let fileChunk = 256 * 1024
    /// Containers of a pod.
    package static let containers = 64
    /// Processes that the host has started and not yet forgotten.
    package static let processes = 256
}
