import Foundation
import Hypervisor
import Testing

@testable import Pool

struct PoolConfigurationTests {
    @Test("the numbers of both accelerators are within their bounds", arguments: [Accelerator.kvm, .tcg])
    func defaults(accelerator: Accelerator) throws {
        let configuration = PoolConfiguration(for: accelerator)
        try configuration.validate()
        #expect(configuration.machinesPerShape == (accelerator == .kvm ? 1 : 2))
        let copy = try JSONDecoder().decode(PoolConfiguration.self, from: JSONEncoder().encode(configuration))
        #expect(copy == configuration)
    }

    @Test("a file changes what it names; the accelerator decides the rest")
    func partial() throws {
        let decoder = JSONDecoder()
        decoder.userInfo[try #require(PoolConfiguration.acceleratorKey)] = Accelerator.kvm
        let text = Data(#"{"maximumMachines": 3, "sharesTemplates": true}"#.utf8)
        let configuration = try decoder.decode(PoolConfiguration.self, from: text)
        var expected = PoolConfiguration(for: .kvm)
        (expected.maximumMachines, expected.sharesTemplates) = (3, true)
        #expect(configuration == expected)
    }

    @Test(
        "a setting that is unknown or out of bounds is refused by its name",
        arguments: [
            (#"{"machinesPerShape": 65}"#, "pool setting \"machinesPerShape\" is 65 (give 0 to 64)"),
            (#"{"backOffCapSeconds": 0}"#, "pool setting \"backOffCapSeconds\" is 0 (give 1 to 3600)"),
            (#"{"templateClones": -1}"#, "pool setting \"templateClones\" is -1 (give 1 to 1000000)"),
            (#"{"poolSize": 1}"#, "the pool has no setting \"poolSize\" (remove it)"),
        ]
    )
    func refused(text: String, message: String) {
        let error = #expect(throws: PoolError.self) {
            try JSONDecoder().decode(PoolConfiguration.self, from: Data(text.utf8))
        }
        #expect(error?.message == message)
        #expect(error?.code == .invalid)
    }
}
