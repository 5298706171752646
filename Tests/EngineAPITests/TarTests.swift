import Testing

@testable import EngineAPI

struct TarTests {
    private static func scan(_ bytes: [UInt8], step: Int) throws -> (members: [TarScanner.Member], content: [UInt8]) {
        var scanner = TarScanner()
        var members: [TarScanner.Member] = []
        var content: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: step) {
            for event in try scanner.take(Array(bytes[start..<min(start + step, bytes.count)])) {
                switch event {
                case .member(let member): members.append(member)
                case .content(let piece): content += piece
                case .memberEnd: content.append(UInt8(ascii: "|"))
                }
            }
        }
        guard scanner.isWhole else { throw TarScanner.Damage(message: "breaks off") }
        return (members, content)
    }

    private static func archive(_ name: String, _ text: String) -> [UInt8] {
        let size = UInt64(text.utf8.count)
        return TarHeader.file(name, size: size, mode: 0o640, modified: 7) + Array(text.utf8)
            + TarHeader.padding(after: size)
    }

    @Test("what is written can be read, in pieces of any size", arguments: [1, 7, 511, 512, 513, 100_000])
    func roundTrip(step: Int) throws {
        let long = String(repeating: "a/", count: 99) + "file"
        let bytes = Self.archive("x", "hello") + Self.archive(long, "") + Self.archive("y", "bye") + TarHeader.end
        let (members, content) = try Self.scan(bytes, step: step)
        #expect(members.map(\.path) == ["x", long, "y"])
        #expect(members.map(\.size) == [5, 0, 3])
        #expect(members.allSatisfy { $0.mode == 0o640 && $0.kind == .file })
        #expect(String(decoding: content, as: UTF8.self) == "hello||bye|")
    }

    @Test("sizes that octal digits cannot tell are binary")
    func large() throws {
        var scanner = TarScanner()
        let events = try scanner.take(TarHeader.file("x", size: 1 << 40, mode: 0o600, modified: 0))
        #expect(events == [.member(.init(path: "x", kind: .file, mode: 0o600, size: 1 << 40))])
    }

    @Test("damage is an error, and so is an end too early")
    func damage() throws {
        var header = TarHeader.file("x", size: 5, mode: 0o600, modified: 0)
        #expect(throws: TarScanner.Damage.self) { try Self.scan(header, step: 512) }
        header[0] = UInt8(ascii: "y")
        #expect(throws: TarScanner.Damage.self) { try Self.scan(header, step: 512) }
        #expect(throws: TarScanner.Damage.self) { try Self.scan(Array("no archive".utf8), step: 512) }
    }

    @Test("hostile bytes never trap", arguments: 0..<200)
    func hostile(seed: Int) {
        var bytes = Self.archive(String(repeating: "n", count: 120), "hello") + TarHeader.end
        var state = UInt64(seed + 1)
        for _ in 0..<4 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            bytes[Int(state >> 33) % bytes.count] = UInt8(truncatingIfNeeded: state >> 20)
        }
        _ = try? Self.scan(bytes, step: 100)
    }

    @Test(
        "an archive of changes is told as docker diff tells it",
        arguments: [
            ("etc/", "/etc", ContainerChange.Kind.modified), ("etc/new", "/etc/new", .added),
            ("etc/.wh.passwd", "/etc/passwd", .deleted),
        ]
    )
    func changes(path: String, shown: String, kind: ContainerChange.Kind) {
        let member = TarScanner.Member(path: path, kind: .file, mode: 0, size: 0)
        let change = ContainerChange(member) { $0 == ["etc"] }
        #expect(change?.path == shown)
        #expect(change?.kind == kind)
    }

    @Test("marks of hidden folders and the root itself are no changes", arguments: ["etc/.wh..wh..opq", "./", "/"])
    func noChanges(path: String) {
        #expect(ContainerChange(.init(path: path, kind: .file, mode: 0, size: 0)) { _ in true } == nil)
    }

    @Test("paths in archives stay in their folder")
    func paths() throws {
        let folder = try ContainerPath(EngineQuery("path=/a/./b/"))
        #expect(folder.text == "/a/b")
        #expect(try folder.appending("./c/d")?.text == "/a/b/c/d")
        #expect(try folder.appending("./") == nil)
        #expect(throws: EngineError.self) { try folder.appending("../x") }
        #expect(throws: EngineError.self) { try ContainerPath(EngineQuery("path=")) }
    }
}
