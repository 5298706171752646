import AgentProtocol
import Sandboxes
import Testing

@Suite("Capabilities")
struct CapabilitiesTests {
    @Test("the standard set is Docker's, by the kernel's numbers")
    func standard() throws {
        #expect(try Capabilities(adding: []).bits == 0xA804_25FB)
        #expect(Capabilities.standard.count == 14)
        #expect(Capabilities.all.bits == 0x1FF_FFFF_FFFF)
    }

    @Test(
        "names may be in any case, with or without the prefix",
        arguments: [
            "NET_ADMIN", "net_admin", "CAP_NET_ADMIN", "cap_Net_Admin",
        ]
    )
    func names(name: String) throws {
        #expect(try Capabilities(adding: [name]) == Capabilities.standard.union([.netAdmin]))
    }

    @Test(
        "adding and dropping combine as with Docker",
        arguments: [
            ([], ["ALL"], []),
            (["NET_RAW"], ["all"], [.netRaw]),
            (["ALL"], [], Capabilities.all),
            (["ALL"], ["SYS_ADMIN"], Capabilities.all.subtracting([.sysAdmin])),
            (["cap_all"], ["ALL"], Capabilities.all),
            ([], ["MKNOD", "CAP_CHOWN"], Capabilities.standard.subtracting([.mknod, .chown])),
            (["CHOWN"], ["CHOWN"], Capabilities.standard),
            ([], ["SYS_ADMIN"], Capabilities.standard),
        ] as [([String], [String], Capabilities)]
    )
    func combination(adding: [String], dropping: [String], expected: Capabilities) throws {
        #expect(try Capabilities(adding: adding, dropping: dropping) == expected)
    }

    @Test(
        "an unknown name is refused with the name and the remedy",
        arguments: [
            ("NET_ADMN", #"there is no capability "NET_ADMN" (use a name such as NET_ADMIN, or ALL)"#),
            ("", #"there is no capability "" (use a name such as NET_ADMIN, or ALL)"#),
            ("CAP_CAP_KILL", #"there is no capability "CAP_CAP_KILL" (use a name such as NET_ADMIN, or ALL)"#),
            ("a\u{1B}[2J", #"there is no capability "a?[2J" (use a name such as NET_ADMIN, or ALL)"#),
        ]
    )
    func unknown(name: String, message: String) {
        for (adding, dropping) in [([name], []), ([], [name])] {
            let error = #expect(throws: SandboxError.self) { try Capabilities(adding: adding, dropping: dropping) }
            #expect(error?.message == message)
        }
    }

    @Test("a long name is cut in the message")
    func longName() {
        let error = #expect(throws: SandboxError.self) {
            try Capabilities(adding: [String(repeating: "X", count: 10_000)])
        }
        #expect((error?.message.count ?? .max) < 150)
    }

    @Test("root has the set in force", arguments: ["", "0", "root", "root:users", "0:0", ":5", "00"])
    func root(user: String) {
        let bits = Capabilities.standard.bits
        #expect(
            Capabilities.standard.sets(user: user)
                == CapabilitySets(bounding: bits, effective: bits, permitted: bits, inheritable: 0, ambient: 0)
        )
    }

    @Test(
        "another user has nothing in force, and nothing that survives exec",
        arguments: [
            "1000", "nobody", "1000:0", "app:root", "toor",
        ]
    )
    func others(user: String) {
        let sets = Capabilities.standard.sets(user: user)
        #expect(sets.bounding == Capabilities.standard.bits)
        #expect((sets.effective, sets.inheritable, sets.ambient) == (0, 0, 0))
    }
}
