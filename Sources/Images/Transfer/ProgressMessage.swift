/// One piece of news about a transfer, in the form that Docker's clients read (Docker Engine API, "ImageCreate").
package struct ProgressMessage: Sendable, Hashable {
    /// What happens, in Docker's words where it has some.
    package var status: String
    /// What it happens to: the beginning of a layer's digest, or a tag; `nil` for the whole transfer.
    package var id: String?
    /// How many bytes are done; `nil` where there is nothing to count.
    package var current: Int64?
    /// Of how many.
    package var total: Int64?
    /// What a push made, at its end.
    package var pushed: Pushed?

    /// The manifest that a push has made available.
    package struct Pushed: Sendable, Hashable, Encodable {
        package var tag: String
        package var digest: String
        package var size: Int64

        package init(tag: String, digest: String, size: Int64) {
            self.tag = tag
            self.digest = digest
            self.size = size
        }

        private enum CodingKeys: String, CodingKey {
            case tag = "Tag"
            case digest = "Digest"
            case size = "Size"
        }
    }

    package init(_ status: String, id: String? = nil, current: Int64? = nil, total: Int64? = nil) {
        self.status = status
        self.id = id
        self.current = current
        self.total = total
    }
}

extension ProgressMessage: Encodable {
    private enum Key: String, CodingKey { case status, id, progressDetail, aux }

    private struct Detail: Encodable {
        let current: Int64?
        let total: Int64?
    }

    package func encode(to encoder: any Encoder) throws {
        var message = encoder.container(keyedBy: Key.self)
        if let pushed {
            try message.encode(Detail(current: nil, total: nil), forKey: .progressDetail)
            return try message.encode(pushed, forKey: .aux)
        }
        try message.encode(status, forKey: .status)
        guard let id else { return }
        try message.encode(id, forKey: .id)
        try message.encode(Detail(current: current, total: total), forKey: .progressDetail)
    }
}

/// Takes news about a transfer; called from any thread, often.
package typealias ProgressHandler = @Sendable (ProgressMessage) -> Void
