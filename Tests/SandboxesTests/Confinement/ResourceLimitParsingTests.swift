import AgentProtocol
import Sandboxes
import Testing

@Suite("Resource limits")
struct ResourceLimitParsingTests {
    @Test(
        "Docker's form is read",
        arguments: [
            ("nofile=1024:2048", 7, 1024, 2048), ("nofile=1024", 7, 1024, 1024), ("core=0", 4, 0, 0),
            ("CPU=10:-1", 0, 10, .max), ("memlock=unlimited", 8, .max, .max), ("RLIMIT_NPROC=5", 6, 5, 5),
            ("rttime=1:2", 15, 1, 2), ("stack=-1:-1", 3, .max, .max),
        ] as [(String, UInt32, UInt64, UInt64)]
    )
    func reads(text: String, resource: UInt32, soft: UInt64, hard: UInt64) throws {
        let limit = try ResourceLimit(parsing: text)
        #expect(limit == ResourceLimit(resource: resource, soft: soft, hard: hard))
    }

    @Test(
        "anything else is refused with the reason",
        arguments: [
            ("nofile", #""nofile" is no resource limit (write it as nofile=1024:2048)"#),
            ("files=3", #"there is no resource limit "files" (use one of cpu, fsize, "#),
            ("nofile=", #"resource limit "nofile=" has no number after"#),
            ("nofile=a", #"resource limit "nofile=a" has no number after"#),
            ("nofile=1:", #"resource limit "nofile=1:" has no number after"#),
            ("nofile=1:2:3", #"resource limit "nofile=1:2:3" has no number after"#),
            ("nofile=+1", #"resource limit "nofile=+1" has no number after"#),
            ("nofile=-2", #"resource limit "nofile=-2" has no number after"#),
            ("nofile=99999999999999999999", #"has no number after"#),
            ("nofile=-1:5", #"has a soft limit above the hard one (swap the two)"#),
        ]
    )
    func refuses(text: String, message: String) throws {
        let error = #expect(throws: SandboxError.self) { try ResourceLimit(parsing: text) }
        #expect(error?.message.contains(message) == true, "\(error?.message ?? "no error")")
    }
}
