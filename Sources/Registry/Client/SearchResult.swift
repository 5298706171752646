/// An image that a search found.
package struct SearchResult: Sendable, Hashable {
    /// The repository, as one would pull it from that registry.
    package var name: String
    package var description: String
    package var stars: Int
    package var isOfficial: Bool
    package var isAutomated: Bool

    package init(
        name: String,
        description: String = "",
        stars: Int = 0,
        isOfficial: Bool = false,
        isAutomated: Bool = false
    ) {
        self.name = name
        self.description = description
        self.stars = stars
        self.isOfficial = isOfficial
        self.isAutomated = isAutomated
    }
}

extension SearchResult: Decodable {
    private enum CodingKeys: String, CodingKey {
        case name
        case description
        case stars = "star_count"
        case isOfficial = "is_official"
        case isAutomated = "is_automated"
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            name: try values.decode(String.self, forKey: .name),
            description: try values.decodeIfPresent(String.self, forKey: .description) ?? "",
            stars: try values.decodeIfPresent(Int.self, forKey: .stars) ?? 0,
            isOfficial: try values.decodeIfPresent(Bool.self, forKey: .isOfficial) ?? false,
            isAutomated: try values.decodeIfPresent(Bool.self, forKey: .isAutomated) ?? false
        )
    }
}
