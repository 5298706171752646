package import FoundationEssentials

extension ImageConfiguration {
    /// One step of how an image was built: an entry of its `history`.
    package struct Step: Hashable, Sendable {
        /// When the step was taken.
        package var created: Date?
        /// The instruction.
        package var createdBy: String
        package var author: String
        package var comment: String
        /// Whether the step made no layer.
        package var isEmptyLayer: Bool

        package init(
            created: Date? = nil,
            createdBy: String = "",
            author: String = "",
            comment: String = "",
            isEmptyLayer: Bool = false
        ) {
            self.created = created
            self.createdBy = createdBy
            self.author = author
            self.comment = comment
            self.isEmptyLayer = isEmptyLayer
        }
    }
}

extension ImageConfiguration.Step: Codable {
    private enum CodingKeys: String, CodingKey {
        case created, author, comment
        case createdBy = "created_by"
        case isEmptyLayer = "empty_layer"
    }

    package init(from decoder: any Decoder) throws {
        let step = try decoder.container(keyedBy: CodingKeys.self)
        let text = { (key: CodingKeys) in try step.decodeIfPresent(String.self, forKey: key) ?? "" }
        self.init(
            created: try step.decodeIfPresent(String.self, forKey: .created).flatMap(Timestamp.parse),
            createdBy: try text(.createdBy),
            author: try text(.author),
            comment: try text(.comment),
            isEmptyLayer: try step.decodeIfPresent(Bool.self, forKey: .isEmptyLayer) ?? false
        )
    }

    package func encode(to encoder: any Encoder) throws {
        var step = encoder.container(keyedBy: CodingKeys.self)
        try step.encodeIfPresent(created.map(Timestamp.format), forKey: .created)
        for (key, text) in [(CodingKeys.createdBy, createdBy), (.author, author), (.comment, comment)] where text != ""
        {
            try step.encode(text, forKey: key)
        }
        if isEmptyLayer { try step.encode(true, forKey: .isEmptyLayer) }
    }
}
