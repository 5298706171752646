import FoundationEssentials
import Images
import Testing

@Suite("News of transfers")
struct ProgressMessageTests {
    @Test("news has the form that Docker's clients read")
    func json() throws {
        let encode = { (message: ProgressMessage) in
            let encoder = JSONEncoder()
            encoder.outputFormatting = .sortedKeys
            return String(decoding: try encoder.encode(message), as: UTF8.self)
        }
        #expect(try encode(ProgressMessage("Digest: x")) == #"{"status":"Digest: x"}"#)
        #expect(
            try encode(ProgressMessage("Pull complete", id: "abc"))
                == #"{"id":"abc","progressDetail":{},"status":"Pull complete"}"#
        )
        #expect(
            try encode(ProgressMessage("Downloading", id: "abc", current: 1, total: 2))
                == #"{"id":"abc","progressDetail":{"current":1,"total":2},"status":"Downloading"}"#
        )
        var end = ProgressMessage("")
        end.pushed = .init(tag: "v1", digest: "d", size: 3)
        #expect(try encode(end) == #"{"aux":{"Digest":"d","Size":3,"Tag":"v1"},"progressDetail":{}}"#)
    }
}
