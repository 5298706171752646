import EROFS
import FoundationEssentials
import Linux
import SystemPackage
import TestSupport
import Testing

@Suite("EROFS disks", .enabled(if: DiskFixture.canMount, DiskFixture.reason))
struct DiskTests {
    @Test("modes, owners, times, devices, links and attributes are as they were given")
    func attributes() async throws {
        try await DiskFixture.with { fixture in
            try fixture.write { tree, writer in
                let odd = FileAttributes(
                    permissions: 0o6754,
                    userID: 4_000_000_000,
                    groupID: 70_000,
                    modified: 1_700_000_000,
                    modifiedNanoseconds: 123_456_789,
                    extended: [
                        ExtendedAttribute(name: Array("user.a".utf8), value: Array("b".utf8)),
                        ExtendedAttribute(name: Array("trusted.overlay.opaque".utf8), value: Array("y".utf8)),
                        ExtendedAttribute(
                            name: Array("security.capability".utf8),
                            value: [1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
                        ),
                    ]
                )
                let file = try tree.add("odd", try writer.file(Array("odd\n".utf8)), odd)
                try tree.link(Array("same".utf8)[...], to: tree.root, target: file)
                try tree.add("old", .pipe, FileAttributes(permissions: 0o600, modified: -1))
                try tree.add("null", .characterDevice(major: 1, minor: 3))
                try tree.add("big", .blockDevice(major: 259, minor: 70_000))
                try tree.add("gone", .characterDevice(major: 0, minor: 0))
                try tree.add("talk", .socket)
                try tree.add("link", .symbolicLink(Array("odd".utf8)), FileAttributes(permissions: 0o777))
                try tree.add("far", .symbolicLink([UInt8](repeating: 0x78, count: 4095)))
            }
            try await fixture.check()
            let list = try await fixture.mounted("LC_ALL=C stat -c '%n %A %h %u:%g %.9Y %t:%T' *")
            #expect(
                list.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") } == [
                    "big brw-r--r-- 1 0:0 0.000000000 103:11170",
                    "far lrw-r--r-- 1 0:0 0.000000000 0:0",
                    "gone crw-r--r-- 1 0:0 0.000000000 0:0",
                    "link lrwxrwxrwx 1 0:0 0.000000000 0:0",
                    "null crw-r--r-- 1 0:0 0.000000000 1:3",
                    "odd -rwsr-sr-- 2 4000000000:70000 1700000000.123456789 0:0",
                    "old prw------- 1 0:0 -1.000000000 0:0",
                    "same -rwsr-sr-- 2 4000000000:70000 1700000000.123456789 0:0",
                    "talk srw-r--r-- 1 0:0 0.000000000 0:0",
                ]
            )
            let rest = "cat same link; readlink far | wc -c; getfattr -m - -d odd; getcap odd || true"
            let text = try await fixture.mounted(rest)
            #expect(text.hasPrefix("odd\nodd\n4096\n"), "\(text)")
            for part in ["user.a=\"b\"", "trusted.overlay.opaque=\"y\"", "security.capability="] {
                #expect(text.contains(part), "\(text)")
            }
        }
    }

    @Test("access lists and attributes larger than a block survive")
    func largeAttributes() async throws {
        // Version 2, then tag, permissions and id of each entry (include/uapi/linux/posix_acl_xattr.h).
        let list: [UInt8] =
            [2, 0, 0, 0] + [1, 0, 6, 0, 255, 255, 255, 255] + [2, 0, 4, 0, 0xE8, 3, 0, 0]
            + [4, 0, 4, 0, 255, 255, 255, 255] + [0x10, 0, 4, 0, 255, 255, 255, 255] + [
                0x20, 0, 0, 0, 255, 255, 255, 255,
            ]
        try await DiskFixture.with { fixture in
            try fixture.write { tree, writer in
                let extended = [
                    ExtendedAttribute(name: Array("system.posix_acl_access".utf8), value: list),
                    ExtendedAttribute(name: Array("user.big".utf8), value: [UInt8](repeating: 0x62, count: 10_000)),
                ]
                let attributes = FileAttributes(permissions: 0o1640, extended: extended)
                try tree.add("f", try writer.file([1]), attributes)
                try tree.add("d", .folder, attributes)
                try tree.add("l", .symbolicLink([UInt8](repeating: 0x78, count: 4000)))
            }
            let text = try await fixture.mounted(
                "getfattr -n system.posix_acl_access -e hex f d; getfattr -n user.big --only-values f | wc -c; stat -c %a f"
            )
            #expect(text.split(separator: "02000000").count == 3, "\(text)")
            #expect(text.hasSuffix("10000\n1640\n"), "\(text)")
            try await fixture.check()
        }
    }

    @Test("files of every length around a block's are whole", arguments: [0, 1, 4095, 4096, 4097, 65_536, 5_000_001])
    func sizes(size: Int) async throws {
        try await DiskFixture.with { fixture in
            let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
            try Data(bytes).write(to: URL(filePath: fixture.folder.appending("truth").string))
            let length = try fixture.write { tree, writer in
                try tree.add("f", try writer.file(bytes))
                try tree.add("after", try writer.file([7]))
            }
            #expect(length % 4096 == 0)
            try await fixture.check()
            _ = try await fixture.mounted("cmp f \(fixture.folder)/truth; [ $(wc -c <after) = 1 ]")
        }
    }

    @Test("holes cost nothing and read as zeros")
    func holes() async throws {
        // Bytes, then a hole, in turn; the sizes meet chunks' edges from both sides.
        let parts: [[Int64]] = [
            [0, 1 << 30], [10, 200_000, 10], [65_536, 65_536, 1], [65_535, 2, 65_536], [4096, 131_072, 0, 61_440, 9],
            [1, 65_535, 1, 65_535], [0, 5], [100_000, 100_000, 100_000, 1 << 20],
        ]
        try await DiskFixture.with { fixture in
            let length = try fixture.write { tree, writer in
                for (number, parts) in parts.enumerated() {
                    for (index, count) in parts.enumerated() {
                        if index % 2 == 1 { try writer.appendHole(count); continue }
                        try [UInt8](repeating: 0x61, count: Int(count)).withUnsafeBytes { (bytes) throws in
                            try writer.append(bytes)
                        }
                    }
                    try tree.add("f\(number)", .file(try writer.endFile()))
                }
            }
            #expect(length < 2 << 20)
            for (number, parts) in parts.enumerated() {
                let commands = parts.enumerated().map { index, count in
                    index % 2 == 1 ? "head -c \(count) /dev/zero" : "head -c \(count) /dev/zero | tr '\\0' a"
                }
                let truth = "{ \(commands.joined(separator: "; ")); } | cmp - f\(number)"
                _ = try await fixture.mounted(truth)
            }
            try await fixture.check()
        }
    }

    @Test("folders of any size list all their names once", arguments: [0, 1, 200, 20_000])
    func folders(count: Int) async throws {
        try await DiskFixture.with { fixture in
            try fixture.write { tree, _ in
                let folder = try tree.add("d", .folder)
                for number in 0..<count {
                    let long = String(repeating: "n", count: number % 240)
                    try tree.add("\(long)\(number)", to: folder, .file(.empty))
                }
            }
            let text = try await fixture.mounted("ls -f d | sort -u | wc -l; find d -type f | wc -l; stat -c %h d .")
            #expect(text == "\(count + 2)\n\(count)\n2\n3\n")
            try await fixture.check()
        }
    }

    @Test("names may be any bytes, and folders may be deep")
    func names() async throws {
        try await DiskFixture.with { fixture in
            try fixture.write { tree, writer in
                try tree.add([0xFF, 0xFE, 0x20][...], to: tree.root, .file(.empty), FileAttributes(permissions: 0o644))
                try tree.add(String(repeating: "x", count: 255), .file(.empty))
                var folder = tree.root
                for _ in 0..<200 { folder = try tree.add("deep", to: folder, .folder, .init(permissions: 0o755)) }
                try tree.add("end", to: folder, try writer.file(Array("end".utf8)))
            }
            let text = try await fixture.mounted("ls -f | od -An -c | head -20; find . -name end -exec cat {} +")
            #expect(text.contains("377 376"), "\(text)")
            #expect(text.hasSuffix("end"), "\(text)")
        }
    }

    @Test("what was removed is not there, with all below it, and its name can be used again")
    func removal() async throws {
        try await DiskFixture.with { fixture in
            try fixture.write { tree, writer in
                let folder = try tree.add("d", .folder, FileAttributes(permissions: 0o755))
                let file = try tree.add("f", to: folder, try writer.file(Array("old".utf8)))
                try tree.link(Array("kept".utf8)[...], to: tree.root, target: file)
                tree.remove(Array("d".utf8)[...], from: tree.root)
                #expect(tree.child(Array("d".utf8)[...], of: tree.root) == nil)
                try tree.add("d", try writer.file(Array("new".utf8)))
            }
            #expect(try await fixture.mounted("cat kept d; stat -c %h kept; find . | wc -l") == "oldnew1\n3\n")
            try await fixture.check()
        }
    }

    @Test("overlayfs understands deletions and opaque folders on it")
    func overlay() async throws {
        try await DiskFixture.with { fixture in
            try fixture.write { tree, _ in
                try tree.add("gone", .characterDevice(major: 0, minor: 0))
                let opaque = ExtendedAttribute(name: Array("trusted.overlay.opaque".utf8), value: Array("y".utf8))
                let folder = try tree.add("d", .folder, FileAttributes(permissions: 0o755, extended: [opaque]))
                try tree.add("new", to: folder, .file(.empty))
            }
            let text = try await fixture.mounted(
                """
                cd \(fixture.folder); mkdir -p lower/d o; touch lower/gone lower/d/old lower/stays
                mount -t overlay overlay -o lowerdir=m:lower o; cd o; find . | sort
                """
            )
            #expect(text == ".\n./d\n./d/new\n./stays\n")
        }
    }

    @Test("equal trees make equal disks")
    func reproducible() async throws {
        try await DiskFixture.with { fixture in
            var disks: [Data] = []
            for order in [["a", "b", "c"], ["a", "b", "c"]] {
                try fixture.write { tree, writer in
                    for name in order { try tree.add(name, try writer.file(Array(name.utf8))) }
                }
                disks.append(try Data(contentsOf: URL(filePath: fixture.disk.string)))
            }
            #expect((disks[0] == disks[1]) == true)
        }
    }
}

@Suite("Trees of files")
struct FileTreeTests {
    private let file = FileAttributes(permissions: 0o644)

    @Test("names that no disk can have are refused", arguments: ["", ".", "..", "a/b", "a\u{0}"])
    func names(name: String) {
        var tree = FileTree(root: file)
        let error = #expect(throws: EROFSError.self) { try tree.add(name, .pipe) }
        #expect(error?.code == .name)
        #expect(tree.child(Array(name.utf8)[...], of: tree.root) == nil)
    }

    @Test("a name of 256 bytes, a link of 4096 and oversized attributes are refused")
    func limits() throws {
        var tree = FileTree(root: file)
        let long = String(repeating: "x", count: 256)
        #expect(throws: EROFSError.self) { try tree.add(long, .pipe) }
        let target = [UInt8](repeating: 0x78, count: 4096)
        #expect(throws: EROFSError.self) { try tree.add("l", .symbolicLink(target)) }
        #expect(throws: EROFSError.self) { try tree.add("l", .symbolicLink([])) }
        for attribute in [
            ExtendedAttribute(name: Array("system.other".utf8), value: []),
            ExtendedAttribute(name: Array("user.".utf8), value: []),
            ExtendedAttribute(name: Array("user.a".utf8), value: [UInt8](repeating: 0, count: 65_536)),
            ExtendedAttribute(name: Array(("user." + long).utf8), value: []),
        ] {
            let attributes = FileAttributes(permissions: 0o644, extended: [attribute])
            let error = #expect(throws: EROFSError.self) { try tree.add("x", .pipe, attributes) }
            #expect(error?.code == .attributes)
        }
        let many = (0..<5).map {
            ExtendedAttribute(name: Array("user.\($0)".utf8), value: [UInt8](repeating: 0, count: 60_000))
        }
        #expect(throws: EROFSError.self) { try tree.add("x", .pipe, .init(permissions: 0, extended: many)) }
        #expect(tree.child(Array("x".utf8)[...], of: tree.root) == nil)
    }
}
