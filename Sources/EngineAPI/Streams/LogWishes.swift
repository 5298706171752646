import Hummingbird

/// What a client wants of a log.
struct LogWishes: Sendable {
    var output = false
    var error = false
    var timestamps = false
    var follow = false
    /// In nanoseconds since 1970.
    var since: Int64?
    var until: Int64?
    /// How many lines from the end; `nil` for all.
    var tail: Int?

    /// Everything of some streams.
    init(output: Bool, error: Bool) {
        self.output = output
        self.error = error
    }

    /// Reads the query of `GET /containers/{id}/logs`.
    init(_ query: EngineQuery) throws(EngineError) {
        self.init(output: query.flag("stdout"), error: query.flag("stderr"))
        guard output || error else {
            throw EngineError(.badRequest, "Bad parameters: you must choose at least one stream")
        }
        timestamps = query.flag("timestamps")
        follow = query.flag("follow")
        since = try EngineTime.parse(query["since"], "since")
        until = try EngineTime.parse(query["until"], "until")
        // Like Docker: what is no number means everything.
        tail = query["tail"].flatMap { Int($0) }.flatMap { $0 >= 0 ? $0 : nil }
    }
}
