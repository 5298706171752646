import NIOCore
import Testing

@testable import NBD

@Suite("NBD sessions")
struct NBDSessionTests {
    @Test("a client is told the size, that the disk is read-only, and how much it may ask for")
    func go() throws {
        var session = Client.session()
        var reply = try session.replies(to: Client.flags + Client.option(7, Client.wish("disk")))
        #expect(reply.readOption() == .init(type: 3, data: [0, 0] + be(UInt64(10_000)) + be(UInt16(263))))
        let limits = [0, 3] + be(UInt32(1)) + be(UInt32(4096)) + be(UInt32(32 << 20))
        #expect(reply.readOption() == .init(type: 3, data: limits))
        #expect(reply.readOption() == .init(type: 1, data: []))
        #expect(reply.readableBytes == 0)
        #expect(try session.action(to: Client.request(0, 1, 5)) == .read(cookie: 9, range: 1..<6))
    }

    @Test("it does not matter in which pieces the bytes arrive")
    func pieces() throws {
        var session = Client.session()
        let bytes = Client.flags + Client.option(1, Array("disk".utf8)) + Client.request(1, 0, 3, [1, 2, 3])
        var actions: [NBDSession.Action] = []
        for byte in bytes + Client.request(0, 9_999, 1) {
            session.append(ByteBuffer(bytes: [byte]))
            while let action = try session.next() { actions.append(action) }
        }
        let export = be(UInt64(10_000)) + be(UInt16(263))
        #expect(
            actions == [
                .send(ByteBuffer(bytes: export)), .send(NBDSession.reply(9, failure: 1)),
                .read(cookie: 9, range: 9_999..<10_000),
            ]
        )
    }

    @Test("the oldest way to name an export is padded for those who want it")
    func padded() throws {
        var session = Client.session()
        #expect(try session.replies(to: be(UInt32(1)) + Client.option(1, [])).readableBytes == 8 + 2 + 124)
    }

    @Test("exports are listed")
    func list() throws {
        var session = Client.session()
        var reply = try session.replies(to: Client.flags + Client.option(3, []))
        #expect(reply.readOption() == .init(type: 2, data: be(UInt32(4)) + Array("disk".utf8)))
        #expect(reply.readOption() == .init(type: 1, data: []))
    }

    @Test(
        "an option that cannot be had is refused, and the next one is heard",
        arguments: [
            (7, Client.wish("other"), 1 << 31 | 6), (6, Client.wish("other"), 1 << 31 | 6),
            (7, [0, 0, 0, 200], 1 << 31 | 3), (7, [], 1 << 31 | 3), (7, be(UInt32.max) + [1], 1 << 31 | 3),
            (8, [], 1 << 31 | 1), (99, [1, 2], 1 << 31 | 1),
        ] as [(UInt32, [UInt8], UInt32)]
    )
    func refusedOption(option: UInt32, data: [UInt8], failure: UInt32) throws {
        var session = Client.session()
        var reply = try session.replies(to: Client.flags + Client.option(option, data))
        #expect(reply.readOption() == .init(type: failure, data: []))
        #expect(try session.replies(to: Client.option(7, Client.wish(""))).readableBytes > 0)
    }

    @Test(
        "a request that is none of a reader's gets an error, and the next one is served",
        arguments: [
            (0, 9_999, 2, 22), (0, 10_000, 1, 22), (0, .max, 1, 22), (0, 0, 0, 22),
            (0, 0, .max, 22), (4, 0, 4096, 22), (6, 0, 4096, 22), (77, 0, 0, 22), (3, 0, 0, 0),
        ] as [(UInt16, UInt64, UInt32, UInt32)]
    )
    func refusedRequest(command: UInt16, offset: UInt64, length: UInt32, failure: UInt32) throws {
        var session = try Client.reading()
        let reply = try session.action(to: Client.request(command, offset, length))
        #expect(reply == .send(NBDSession.reply(9, failure: failure)))
        #expect(try session.action(to: Client.request(0, 0, 1)) == .read(cookie: 9, range: 0..<1))
    }

    private static let violators: [[UInt8]] = [
        be(UInt32(8)),
        Client.flags + be(UInt64(1)) + be(UInt64(0)),
        Client.flags + Client.option(1, [1]),
        Client.flags + be(NBDWire.optionMagic) + be(UInt32(7)) + be(UInt32(10_000)),
        Client.flags + Client.option(1, []) + [UInt8](repeating: 0, count: 28),
        Client.flags + Client.option(1, []) + Client.request(1, 0, .max),
        Client.flags + (0..<65).flatMap { _ in Client.option(99, []) },
    ]

    @Test(
        "a client against the protocol is dropped",
        arguments: violators
    )
    func violations(bytes: [UInt8]) {
        #expect(throws: NBDViolation.self) {
            var session = Client.session()
            session.append(ByteBuffer(bytes: bytes))
            while try session.next() != nil {}
        }
    }

    @Test("a client that says goodbye is let go")
    func goodbye() throws {
        var session = try Client.reading()
        #expect(try session.action(to: Client.request(2, 0, 0)) == .end(ByteBuffer()))
        var other = Client.session()
        guard case .end = try other.action(to: Client.flags + Client.option(2, [])) else {
            Issue.record("it stays")
            return
        }
    }
}

/// What a client sends.
enum Client {
    static let flags = be(UInt32(3))

    static func session() -> NBDSession { NBDSession(size: 10_000, export: "disk") }

    /// A session that is past its negotiation.
    static func reading() throws -> NBDSession {
        var session = session()
        _ = try session.replies(to: flags + option(1, []))
        return session
    }

    static func option(_ option: UInt32, _ data: [UInt8]) -> [UInt8] {
        be(NBDWire.optionMagic) + be(option) + be(UInt32(data.count)) + data
    }

    static func wish(_ name: String) -> [UInt8] { be(UInt32(name.utf8.count)) + Array(name.utf8) + [0, 0] }

    static func request(_ command: UInt16, _ offset: UInt64, _ length: UInt32, _ data: [UInt8] = []) -> [UInt8] {
        be(NBDWire.requestMagic) + be(UInt16(0)) + be(command) + be(UInt64(9)) + be(offset) + be(length) + data
    }
}

func be<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
    withUnsafeBytes(of: number.bigEndian) { Array($0) }
}

extension NBDSession {
    mutating func action(to bytes: [UInt8]) throws -> Action? {
        append(ByteBuffer(bytes: bytes))
        return try next()
    }

    /// All that is sent in reply.
    mutating func replies(to bytes: [UInt8]) throws -> ByteBuffer {
        append(ByteBuffer(bytes: bytes))
        var all = ByteBuffer()
        while case .send(let reply) = try next() { all.writeImmutableBuffer(reply) }
        return all
    }
}

struct OptionReply: Equatable {
    let type: UInt32
    let data: [UInt8]
}

extension ByteBuffer {
    mutating func readOption() -> OptionReply? {
        guard let (magic, _, type, length) = readMultipleIntegers(as: (UInt64, UInt32, UInt32, UInt32).self),
            magic == NBDWire.optionReplyMagic, let data = readBytes(length: Int(length))
        else { return nil }
        return OptionReply(type: type, data: data)
    }
}
