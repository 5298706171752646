import OCI
import SystemPackage
import Testing

@testable import Registry

@Suite("What is shown to whom")
struct PlaceTests {
    private static let authority: FilePath = "/ca.pem"

    private func at<Success>(
        _ security: RegistryEndpoint.Security,
        isMirror: Bool = false,
        _ body: (Place) throws -> Success
    ) async throws -> Success {
        try await withClient { client in
            let endpoint = RegistryEndpoint(host: "Reg.example", security: security, isMirror: isMirror)
            return try body(
                Place(
                    registry: "reg.example",
                    endpoint: endpoint,
                    transport: client.transport,
                    authenticator: client.authenticator
                )
            )
        }
    }

    @Test("a token server without TLS is asked only for a registry without TLS")
    func realms() async throws {
        func challenge(_ realm: String?) -> Challenge {
            Challenge(scheme: "bearer", parameters: realm.map { ["realm": $0] } ?? [:])
        }
        let clear = challenge("http://auth.example/token")
        for security in [RegistryEndpoint.Security.verified(authorities: []), .unverified] {
            try await at(security) { (place: Place) throws in
                #expect(try TokenRealm(challenge("https://auth.example/token"), place).service == nil)
                let failure = #expect(throws: RegistryFailure.self) { try TokenRealm(clear, place) }
                #expect(
                    failure?.reason == "registry \"reg.example\" names a token server without TLS,"
                        + " http://auth.example, which is not asked"
                )
            }
        }
        try await at(.plain) { (place: Place) throws in
            #expect(try TokenRealm(clear, place).address.text == "http://auth.example/token")
            for bad in [nil, "", "/token", "file:///etc/passwd", "https://u:p@auth.example"] {
                #expect(throws: RegistryFailure.self) { try TokenRealm(challenge(bad), place) }
            }
        }
    }

    @Test("laxness about certificates is for the endpoint's own host, and its authorities are for all that it names")
    func securities() async throws {
        let own = try #require(WebAddress("https://reg.example:444/x"))
        let other = try #require(WebAddress("https://other.example/x"))
        let clear = try #require(WebAddress("http://reg.example/x"))
        let trusting = RegistryEndpoint.Security.verified(authorities: [Self.authority])
        try await at(trusting) { place in
            #expect([own, other, clear].map(place.security) == [trusting, trusting, .plain])
        }
        let strict = RegistryEndpoint.Security.verified(authorities: [])
        try await at(.unverified) { place in
            #expect([own, other].map(place.security) == [.unverified, strict])
        }
        try await at(.plain) { (place: Place) throws in
            #expect([own, other].map(place.security) == [strict, strict])
        }
    }

    @Test("messages name the registry, and a mirror by its own host")
    func names() async throws {
        try await at(.plain) { #expect($0.name == "registry \"reg.example\"") }
        try await at(.plain, isMirror: true) { #expect($0.name == "mirror \"Reg.example\" of \"reg.example\"") }
    }
}
