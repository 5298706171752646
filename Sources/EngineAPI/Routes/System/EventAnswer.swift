import HTTPTypes
import Hummingbird

import enum Pods.Timestamp

/// The answer of `GET /events`: what has happened, and then what happens.
struct EventAnswer: Sendable {
    private static let filters: Set<String> = [
        "config", "container", "daemon", "event", "image", "label", "network", "node", "plugin", "scope", "secret",
        "service", "type", "volume",
    ]

    private let hub: EventHub
    private let filters: EngineFilters
    private let since: Int64?
    private let until: Int64?

    init(_ hub: EventHub, _ query: EngineQuery) throws(EngineError) {
        self.hub = hub
        filters = try EngineFilters(query, known: Self.filters)
        let now = Timestamp.now
        since = try Self.time(query, "since", now)
        until = try Self.time(query, "until", now)
        if let since, let until, since > until {
            throw EngineError(.badRequest, "since is later than until")
        }
    }

    private static func time(_ query: EngineQuery, _ name: String, _ now: Int64) throws(EngineError) -> Int64? {
        guard let text = query[name], !text.isEmpty, text != "0" else { return nil }
        return try EngineTime.parse(text, name: name, now: now)
    }

    var response: Response {
        Response(
            status: .ok,
            headers: .json,
            body: ResponseBody { writer in
                // The client waits for the head, maybe for long before anything happens.
                try await writer.write(ByteBuffer())
                let subscription = hub.listen()
                defer { hub.end(subscription) }
                for event in subscription.past where since.map({ event.time >= $0 }) ?? (until != nil) {
                    try await write(event, &writer)
                }
                try await follow(subscription.events, &writer)
                try await writer.finish(nil)
            }
        )
    }

    @concurrent private func write(_ event: EngineEvent, _ writer: inout any ResponseBodyWriter) async throws {
        guard isWanted(event), until.map({ event.time <= $0 }) ?? true else { return }
        var line = try JSONLine.encode(event)
        line.writeStaticString("\n")
        try await writer.write(line)
    }

    /// Goes on until the end that the client has named, or that it is gone.
    @concurrent private func follow(_ stream: AsyncStream<EngineEvent>, _ writer: inout any ResponseBodyWriter)
        async throws
    {
        guard let until else {
            for await event in stream { try await write(event, &writer) }
            return
        }
        // Whatever comes first ends the stream: what the client has named, or its going away.
        let (bounded, input) = AsyncStream.makeStream(of: EngineEvent.self, bufferingPolicy: .bufferingOldest(1000))
        async let _: Void = Self.forward(stream, to: input)
        async let _: Void = Self.end(input, in: .nanoseconds(max(0, until - Timestamp.now)))
        for await event in bounded { try await write(event, &writer) }
    }

    private static func forward(
        _ stream: AsyncStream<EngineEvent>,
        to input: AsyncStream<EngineEvent>.Continuation
    ) async {
        for await event in stream { input.yield(event) }
        input.finish()
    }

    private static func end(_ input: AsyncStream<EngineEvent>.Continuation, in wait: Duration) async {
        try? await Task.sleep(for: wait)
        input.finish()
    }

    private func isWanted(_ event: EngineEvent) -> Bool {
        filters.allows("type") { $0 == event.type }
            && filters.allows("event") { $0 == event.action || event.action.hasPrefix($0 + ":") }
            && filters.allows("scope") { $0 == "local" }
            && ["image", "container", "network", "volume", "daemon"].allSatisfy { isOf(event, type: $0) }
            && ["config", "node", "plugin", "secret", "service"].allSatisfy { !filters.has($0) }
            && filters.allowsLabels(event.attributes)
    }

    /// Whether an event is one of the objects of a type that were named, if any were.
    private func isOf(_ event: EngineEvent, type: String) -> Bool {
        filters.allows(type) { wanted in
            let name = event.attributes["name"] ?? ""
            guard type != "image" else {
                // Containers tell their image, too.
                let image = event.type == "image" ? event.id : event.attributes["image"] ?? ""
                return wanted == image || wanted == image.prefix { $0 != ":" } || wanted == name
            }
            return event.type == type && (event.id.hasPrefix(wanted) || wanted == name)
        }
    }
}
