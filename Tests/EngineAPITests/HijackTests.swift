import HTTPTypes
import Hummingbird
import Linux
import NIOCore
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import EngineAPI

@Suite struct HijackTests {
    private static let upgrade = "Connection: Upgrade\r\nUpgrade: tcp\r\n"

    private static func request(_ path: String, body: String = "", upgrade: Bool = true) -> [UInt8] {
        let length = "Content-Length: \(body.utf8.count)\r\nContent-Type: application/json\r\n"
        return Array("POST \(path) HTTP/1.1\r\nHost: x\r\n\(upgrade ? Self.upgrade : "")\(length)\r\n\(body)".utf8)
    }

    /// Sends back what arrives.
    private static func echo(_ router: Router<EngineContext>) {
        router.on("/echo", method: .post) { request, context in
            _ = try await request.jsonIfPresent([String: String].self)
            return try await context.hijack(request, isMultiplexed: true) { hijacked in
                for try await bytes in hijacked.input { try await hijacked.write(bytes) }
            }
        }
    }

    private static func readHead(_ client: BlockingSocket) throws -> String {
        var head: [UInt8] = []
        while !head.suffix(4).elementsEqual("\r\n\r\n".utf8) {
            let byte = try client.read(exactly: 1)
            guard !byte.isEmpty else { break }
            head += byte
        }
        return String(decoding: head, as: UTF8.self)
    }

    @Test(
        "a connection carries bytes both ways after the upgrade, and those that came with the request",
        arguments: ["", #"{"Detach":"no"}"#]
    )
    func samePacket(body: String) async throws {
        try await ServedEngine.with(adding: Self.echo) { engine in
            let path = engine.socket
            let (head, echoed) = try await onThread {
                let client = try BlockingSocket.connect(to: path)
                try client.write(Self.request("/v1.41/echo", body: body) + Array("early ".utf8))
                let head = try Self.readHead(client)
                try client.write(Array("late".utf8))
                client.endWriting()
                return (head, String(decoding: try client.readToEnd(), as: UTF8.self))
            }
            #expect(head.hasPrefix("HTTP/1.1 101 UPGRADED\r\n"))
            #expect(head.contains("Content-Type: application/vnd.docker.raw-stream\r\n"))
            #expect(echoed == "early late")
        }
    }

    @Test("nothing is lost of a client that sends everything at once and closes its side")
    func allAtOnce() async throws {
        try await ServedEngine.with(adding: Self.echo) { engine in
            let path = engine.socket
            for _ in 0..<20 {
                let answer = try await onThread {
                    let client = try BlockingSocket.connect(to: path)
                    try client.write(Self.request("/echo") + Array("all of it".utf8))
                    client.endWriting()
                    return String(decoding: try client.readToEnd(), as: UTF8.self)
                }
                #expect(answer.hasSuffix("\r\n\r\nall of it"))
            }
        }
    }

    @Test("since API 1.42 the answer's type tells frames from raw bytes")
    func multiplexedType() async throws {
        try await ServedEngine.with(adding: Self.echo) { engine in
            let path = engine.socket
            let head = try await onThread {
                let client = try BlockingSocket.connect(to: path)
                try client.write(Self.request("/v1.42/echo"))
                return try Self.readHead(client)
            }
            #expect(head.contains("Content-Type: application/vnd.docker.multiplexed-stream\r\n"))
        }
    }

    @Test("a client that asks for no upgrade gets the stream as the answer's body")
    func oldForm() async throws {
        try await ServedEngine.with(adding: Self.echo) { engine in
            let path = engine.socket
            let (head, echoed) = try await onThread {
                let client = try BlockingSocket.connect(to: path)
                try client.write(Self.request("/v1.24/echo", upgrade: false))
                let head = try Self.readHead(client)
                try client.write(Array("hello".utf8))
                client.endWriting()
                return (head, String(decoding: try client.readToEnd(), as: UTF8.self))
            }
            #expect(head.hasPrefix("HTTP/1.1 200 OK\r\n") && !head.contains("chunked"))
            #expect(echoed == "hello")
        }
    }

    @Test("64 MiB arrive whole, whoever is the slower one")
    func large() async throws {
        try await ServedEngine.with(adding: Self.echo) { engine in
            let path = engine.socket
            let size = 64 << 20
            let isSame = try await onThread {
                let client = try BlockingSocket.connect(to: path)
                try client.write(Self.request("/echo"))
                _ = try Self.readHead(client)
                return try Self.pump(size, through: client)
            }
            #expect(isSame)
        }
    }

    /// Writes on one thread and reads on another; whether the same bytes came back, and all of them.
    private static func pump(_ size: Int, through client: BlockingSocket) throws -> Bool {
        let piece = (0..<(1 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        try DedicatedThread.start {
            for _ in 0..<(size / piece.count) { try? client.write(piece) }
            client.endWriting()
        }
        for _ in 0..<(size / piece.count) {
            guard try client.read(exactly: piece.count) == piece else { return false }
        }
        return try client.read().isEmpty
    }

    @Test("output is whole when the client has closed its side before")
    func outputAfterHalfClose() async throws {
        let size = 8 << 20
        try await ServedEngine.with { router in
            router.on("/pour", method: .post) { request, context in
                try await context.hijack(request, isMultiplexed: false) { hijacked in
                    for try await _ in hijacked.input {}
                    try await hijacked.write(ByteBuffer(repeating: 7, count: size))
                }
            }
            router.on("/pour", method: .get) { _, _ in
                Response(status: .ok, body: ResponseBody(byteBuffer: ByteBuffer(repeating: 7, count: size)))
            }
        } _: { engine in
            let path = engine.socket
            for request in [Self.request("/pour"), Array("GET /pour HTTP/1.1\r\nHost: x\r\n\r\n".utf8)] {
                let count = try await onThread {
                    let client = try BlockingSocket.connect(to: path)
                    try client.write(request)
                    client.endWriting()
                    _ = try Self.readHead(client)
                    return try client.readToEnd().count
                }
                #expect(count == size)
            }
        }
    }

    @Test("a route ends when its client goes away in the middle", arguments: ["/hijack", "/stream", "/silent"])
    func clientGoesAway(route: String) async throws {
        let (ended, end) = AsyncStream.makeStream(of: Void.self)
        try await ServedEngine.with { router in
            router.on("/hijack", method: .post) { request, context in
                try await context.hijack(request, isMultiplexed: false) { hijacked in
                    defer { end.finish() }
                    while true { try await hijacked.write(ByteBuffer(repeating: 1, count: 1 << 16)) }
                }
            }
            router.on("/stream", method: .post) { _, _ in
                Response(
                    status: .ok,
                    body: ResponseBody { writer in
                        defer { end.finish() }
                        while true { try await writer.write(ByteBuffer(repeating: 1, count: 1 << 16)) }
                    }
                )
            }
            router.on("/silent", method: .post) { _, _ -> Response in
                defer { end.finish() }
                try await Task.sleep(for: .seconds(600))
                return .noContent
            }
        } _: { engine in
            let path = engine.socket
            try await onThread {
                let client = try BlockingSocket.connect(to: path)
                try client.write(Self.request(route, upgrade: route == "/hijack"))
                if route != "/silent" { _ = try client.read() }
            }
            for await _ in ended {}
        }
    }

    @Test("a client that takes nothing holds nobody else")
    func slowClient() async throws {
        try await ServedEngine.with { router in
            router.on("/pour", method: .post) { request, context in
                try await context.hijack(request, isMultiplexed: false) { hijacked in
                    while true { try await hijacked.write(ByteBuffer(repeating: 1, count: 1 << 16)) }
                }
            }
        } _: { engine in
            let path = engine.socket
            let slow = try await onThread {
                try (0..<16).map { _ in
                    let client = try BlockingSocket.connect(to: path)
                    try client.write(Self.request("/pour"))
                    return client
                }
            }
            let answer = try await engine.ask("GET", "/_ping")
            #expect(answer.body == "OK")
            for client in slow { client.end() }
        }
    }

    @Test("a failure before the stream is an answer like any other, and the connection ends with it")
    func failsBefore() async throws {
        try await ServedEngine.with { router in
            router.on("/fails", method: .post) { _, _ -> Response in
                throw EngineError(.notFound, "No such container: x")
            }
        } _: { engine in
            let path = engine.socket
            let answer = try await onThread {
                let client = try BlockingSocket.connect(to: path)
                try client.write(Self.request("/fails") + Array("more".utf8))
                return String(decoding: try client.readToEnd(), as: UTF8.self)
            }
            #expect(answer.hasPrefix("HTTP/1.1 404 "))
            #expect(answer.contains(#"{"message":"No such container: x"}"#))
        }
    }
}
