/// What a token server answers.
struct TokenAnswer: Decodable, Sendable {
    var token: String?
    var accessToken: String?
    var refreshToken: String?
    var expiresIn: Double?

    private enum CodingKeys: String, CodingKey {
        case token
        case accessToken = "access_token"
        case refreshToken = "refresh_token"
        case expiresIn = "expires_in"
    }

    /// The token, if it can stand in a header field.
    var usable: String? {
        guard let text = [token, accessToken].compactMap(\.self).first(where: { !$0.isEmpty }) else { return nil }
        return text.utf8.count <= 32 << 10 && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f } ? text : nil
    }

    /// How long it counts: what the server says, else a minute, and less what a request may be under way.
    var lifetime: Duration {
        let seconds = min(max(expiresIn ?? 60, 0), 86400)
        return .seconds(seconds - min(5, seconds / 10))
    }
}
