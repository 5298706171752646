import AgentProtocol
import Testing

@testable import Pods

@Suite("What makes a machine one pod's")
struct PodIdentityTests {
    private static func configuration(_ interfaces: [String] = []) -> PodConfiguration {
        PodIdentity.configuration(for: .sample { $0.hostname = "web" }, interfaces: interfaces)
    }

    @Test("it is accepted by the protocol, and nothing random in it comes twice")
    func fresh() throws {
        let (first, second) = (Self.configuration(), Self.configuration())
        let request = Request.configurePod(first)
        #expect(try Request(message: request.encode(id: 1)) == request)
        #expect(first.hostname == "web")
        #expect(first.machineID != second.machineID)
        #expect(first.challenge != second.challenge)
        #expect(first.entropy != second.entropy)
    }

    @Test("the card gets an address for one station, locally administered, if there is a card")
    func card() throws {
        #expect(Self.configuration().interfaces.isEmpty)
        #expect(Self.configuration(["dummy0"]).interfaces.isEmpty)
        let card = try #require(Self.configuration(["dummy0", "eth0"]).interfaces.first)
        #expect(card.name == "eth0" && card.mac.count == 6 && card.mac[0] == 0x02)
        #expect(card.mac != Self.configuration(["eth0"]).interfaces.first?.mac)
    }
}
