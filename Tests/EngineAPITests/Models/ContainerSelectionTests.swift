import Testing

@testable import EngineAPI

struct ContainerSelectionTests {
    private static func query(_ filters: String) -> EngineQuery {
        let text = filters.replacing("+", with: "%2B").replacing("&", with: "%26")
        return EngineQuery("filters=\(text)")
    }

    @Test(
        "filters that make no sense, or would take long, are refused",
        arguments: [
            #"{"bogus":["1"]}"#, #"{"status":["asleep"]}"#, #"{"exited":["x"]}"#, #"{"name":["(a+)+$"]}"#,
            #"{"name":["a*a*a*a*b"]}"#, #"[]"#,
        ]
    )
    func refused(filters: String) {
        #expect(throws: EngineError.self) { try ContainerSelection(Self.query(filters)) }
    }

    @Test(
        "others are taken",
        arguments: [#"{"name":["^/web.*$"]}"#, #"{"status":{"running":true}}"#, #"{"exited":["-1"]}"#, "{}"]
    )
    func taken(filters: String) throws { _ = try ContainerSelection(Self.query(filters)) }
}
