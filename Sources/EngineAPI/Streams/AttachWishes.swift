/// What a client wants of a container's streams.
struct AttachWishes: Sendable {
    let input, output, error: Bool
    /// Whether it wants what the log has.
    let logs: Bool
    /// Whether it wants what comes from now on.
    let stream: Bool

    /// Reads the query of `POST /containers/{id}/attach`.
    init(_ query: EngineQuery) {
        input = query.flag("stdin")
        output = query.flag("stdout")
        error = query.flag("stderr")
        logs = query.flag("logs")
        stream = query.flag("stream")
    }

    /// The part of the log.
    var log: LogWishes { LogWishes(output: output, error: error) }
}
