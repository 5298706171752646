import FoundationEssentials
import HTTPTypes
import Hummingbird
import Linux
import SystemPackage
import TestSupport
import Testing

@testable import EngineAPI

@Suite struct ServerTests {
    @Test(
        "paths are served with a version and without, and others are refused in Docker's words",
        arguments: [
            ("/_ping", "200", "OK"),
            ("/v1.24/_ping", "200", "OK"),
            ("/v1.47/_ping", "200", "OK"),
            ("/v1.23/_ping", "400", "client version 1.23 is too old"),
            ("/v1.48/_ping", "400", "client version 1.48 is too new"),
            ("/v1.41/nothing", "404", "page not found"),
            ("/v1.41", "404", "page not found"),
            ("//", "404", "page not found"),
            ("/v1.41/_ping/", "200", "OK"),
        ]
    )
    func paths(path: String, status: String, words: String) async throws {
        try await ServedEngine.with { engine in
            let answer = try await engine.ask("GET", path)
            #expect(answer.status == status)
            #expect(answer.body.contains(words))
        }
    }

    @Test("another method on a known path is an unknown page")
    func wrongMethod() async throws {
        try await ServedEngine.with { engine in
            let answer = try await engine.ask("DELETE", "/_ping")
            #expect(answer.status == "404" && answer.body.contains(#"{"message":"page not found"}"#))
        }
    }

    @Test("every answer has what Docker's clients look for", arguments: ["GET /_ping", "HEAD /_ping", "GET /x"])
    func headers(line: String) async throws {
        try await ServedEngine.with { engine in
            let answer = try await engine.exchange("\(line) HTTP/1.1\nHost: x\nConnection: close\n\n").lowercased()
            for header in ["api-version: 1.47", "docker-experimental: false", "ostype: linux", "server: apus/1.2.3"] {
                #expect(answer.contains("\r\n\(header)"))
            }
        }
    }

    @Test(
        "what is no HTTP is refused and the server goes on",
        arguments: ["\0\u{1}nonsense\n\n", "GET\n\n", "GET / HTTP/9.9\n\n"]
    )
    func nonsense(text: String) async throws {
        try await ServedEngine.with { engine in
            _ = try? await engine.exchange(text)
            let later = try await engine.ask("GET", "/_ping")
            #expect(later.status == "200")
        }
    }

    @Test("headers without bounds are refused")
    func hugeHeaders() async throws {
        try await ServedEngine.with { engine in
            let header = "X-A: " + String(repeating: "a", count: 100_000) + "\n"
            let answer = try? await engine.exchange("GET /_ping HTTP/1.1\nHost: x\nConnection: close\n\(header)\n")
            #expect(answer?.contains("200 OK") != true)
            let later = try await engine.ask("GET", "/_ping")
            #expect(later.status == "200")
        }
    }

    @Test(
        "JSON is read within bounds, and what is none is refused",
        arguments: [
            (#"{"a":"b"}"#, "application/json", "200"),
            (#"{"a":"b"}"#, "application/json; charset=utf-8", "200"),
            (#"{"a":"b"}"#, "text/plain", "400"),
            (#"{"a":1}"#, "application/json", "400"),
            ("{", "application/json", "400"),
            ("", "application/json", "400"),
            (String(repeating: " ", count: (4 << 20) + 1), "application/json", "413"),
        ]
    )
    func json(body: String, type: String, status: String) async throws {
        try await ServedEngine.with { router in
            router.on("/json", method: .post) { request, _ in
                .json(try await request.json([String: String].self)) as Response
            }
        } _: { engine in
            let headers = "Content-Type: \(type)\nContent-Length: \(body.utf8.count)\n"
            let request = "POST /json HTTP/1.1\nHost: x\nConnection: close\n\(headers)\n\(body)"
            let answer = try await engine.exchange(request)
            #expect(answer.hasPrefix("HTTP/1.1 \(status) "))
        }
    }

    @Test("a client that waits for the word to go on with its body gets it")
    func continues() async throws {
        try await ServedEngine.with { router in
            router.on("/json", method: .post) { request, _ in
                .json(try await request.json([String: String].self)) as Response
            }
        } _: { engine in
            let head = "Expect: 100-continue\nContent-Type: application/json\nContent-Length: 2\n"
            let answer = try await engine.exchange("POST /json HTTP/1.1\nHost: x\nConnection: close\n\(head)\n{}")
            #expect(answer.hasPrefix("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK"))
        }
    }

    @Test("the socket is for root and its group, takes a left-over's place and no living program's")
    func socketFile() async throws {
        try await withTemporaryFolder { folder in
            let path = folder.appending("engine.sock")
            do { _ = try UnixSocket.listen(path, group: "root") }
            let living = try UnixSocket.listen(path, group: "no-such-group")
            let mode = try FileManager.default.attributesOfItem(atPath: path.string)[.posixPermissions] as? Int
            #expect(mode == 0o660)
            #expect(throws: LinuxError.self) { try EngineSocket(.unix(path, group: "root")) }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.string) == ["engine.sock"])
            _ = living.rawValue
        }
    }

    @Test("a file that is no socket stays")
    func ordinaryFile() async throws {
        try await withTemporaryFolder { folder in
            let path = folder.appending("engine.sock")
            try AtomicFile.write(Array("mine".utf8), to: path)
            #expect(throws: LinuxError.self) { try EngineSocket(.unix(path, group: "root")) }
            #expect(FileManager.default.contents(atPath: path.string) == Data("mine".utf8))
        }
    }

    @Test(
        "TCP is for the loopback interface only",
        arguments: [
            ("127.0.0.1:2375", true), ("tcp://127.0.0.1:0", true), ("localhost:2375", true),
            ("0.0.0.0:2375", false), ("192.0.2.1:2375", false), (":2375", false), ("127.0.0.1", false),
            ("127.0.0.1:70000", false), ("tcp://127.0.0.1.example:1", false),
        ]
    )
    func tcp(text: String, isFine: Bool) {
        #expect(((try? EngineAddress(tcp: text)) != nil) == isFine)
    }
}
