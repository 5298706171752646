/// Something that has happened, in the form of Docker's events.
package struct EngineEvent: Sendable, Equatable {
    /// What it happened to: `image`, `container`, `network`, `volume` or `daemon`.
    package var type: String
    /// What happened, such as `pull` or `start`.
    package var action: String
    /// Which object.
    package var id: String
    /// What else is known, such as `name`, and a container's labels.
    package var attributes: [String: String]
    /// When, in nanoseconds since 1970.
    package var time: Int64

    /// Describes an event.
    package init(_ type: String, _ action: String, id: String, attributes: [String: String] = [:], time: Int64) {
        self.type = type
        self.action = action
        self.id = id
        self.attributes = attributes
        self.time = time
    }
}

extension EngineEvent: Encodable {
    private enum Key: String, CodingKey {
        case status, id, from, scope, time, timeNano
        case type = "Type"
        case action = "Action"
        case actor = "Actor"
    }

    private struct Actor: Encodable {
        let id: String
        let attributes: [String: String]

        private enum CodingKeys: String, CodingKey {
            case id = "ID"
            case attributes = "Attributes"
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var event = encoder.container(keyedBy: Key.self)
        // Clients from before API 1.22 read these three.
        if type == "image" || type == "container" {
            try event.encode(action, forKey: .status)
            try event.encode(id, forKey: .id)
        }
        if type == "container" { try event.encodeIfPresent(attributes["image"], forKey: .from) }
        try event.encode(type, forKey: .type)
        try event.encode(action, forKey: .action)
        try event.encode(Actor(id: id, attributes: attributes), forKey: .actor)
        try event.encode("local", forKey: .scope)
        try event.encode(time / 1_000_000_000, forKey: .time)
        try event.encode(time, forKey: .timeNano)
    }
}
