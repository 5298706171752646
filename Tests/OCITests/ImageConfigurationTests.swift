import FoundationEssentials
import OCI
import Testing

@Suite("Image configurations")
struct ImageConfigurationTests {
    private func decode(_ json: String) throws -> ImageConfiguration {
        try JSONDecoder().decode(ImageConfiguration.self, from: Data(json.utf8))
    }

    @Test("every field is read, unknown ones are passed over")
    func reads() throws {
        let configuration = try decode(
            #"""
            {"architecture":"amd64","os":"linux","created":"2026-01-02T03:04:05.5+01:00","history":[{}],"x":1,
             "config":{"Env":["A=1"],"Entrypoint":["/e"],"Cmd":["c"],"WorkingDir":"/w","User":"u:g","Healthcheck":{},
                       "ExposedPorts":{"80/tcp":{},"53/udp":null},"Volumes":{"/v":{}},"StopSignal":"15",
                       "Labels":{"l":"x","n":null}},
             "rootfs":{"type":"layers","diff_ids":["sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"]}}
            """#
        )
        #expect(configuration.environment == ["A=1"])
        #expect(configuration.entrypoint == ["/e"])
        #expect(configuration.command == ["c"])
        #expect(configuration.workingDirectory == "/w")
        #expect(configuration.user == "u:g")
        #expect(configuration.exposedPorts == ["53/udp", "80/tcp"])
        #expect(configuration.volumes == ["/v"])
        #expect(configuration.stopSignal == "15")
        #expect(configuration.labels == ["l": "x", "n": ""])
        #expect(configuration.diffIDs == [Digest(hashing: [])])
        #expect(configuration.created?.timeIntervalSince1970 == 1_767_319_445.5)
    }

    @Test(
        "what is absent or null is empty",
        arguments: [
            "{}", #"{"config":null,"rootfs":null,"created":null,"os":null}"#,
            #"{"created":"yesterday"}"#,
            #"{"config":{"Env":null,"Cmd":null,"Entrypoint":null,"Labels":null,"ExposedPorts":null,"Volumes":null}}"#,
        ]
    )
    func toleratesNulls(json: String) throws {
        #expect(try decode(json) == ImageConfiguration())
    }

    @Test("what is written is read again")
    func roundTrip() throws {
        var configuration = ImageConfiguration(environment: ["A=1"], command: ["sh"], user: "1")
        configuration.labels = ["a": "b"]
        configuration.exposedPorts = ["80/tcp"]
        configuration.created = Date(timeIntervalSince1970: 1_000_000_000)
        configuration.diffIDs = [Digest(hashing: [1])]
        let data = try JSONEncoder().encode(configuration)
        #expect(try JSONDecoder().decode(ImageConfiguration.self, from: data) == configuration)
    }
}
