import OCI

/// The token server that a registry names.
struct TokenRealm: Sendable {
    let address: WebAddress
    let service: String?

    /// Takes the server out of a challenge.
    ///
    /// - Throws: if it cannot be asked, or would be asked in the clear by a registry that is reached over TLS.
    init(_ challenge: Challenge, _ place: Place) throws(RegistryFailure) {
        guard let text = challenge.parameters["realm"], let address = WebAddress(text) else {
            throw RegistryFailure(
                .registry,
                "\(place.name) names no token server that can be asked (tell its operator)"
            )
        }
        guard address.origin.isSecure || place.endpoint.security == .plain else {
            throw RegistryFailure(
                .registry,
                "\(place.name) names a token server without TLS, \(address.origin), which is not asked"
            )
        }
        self.address = address
        service = challenge.parameters["service"]
    }
}
