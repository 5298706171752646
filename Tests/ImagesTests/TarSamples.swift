/// Archives that tests and fuzzers change byte by byte.
enum TarSamples {
    /// One of everything.
    static let whole = TarArchive {
        $0.add("./", "5", mode: 0o755)
        $0.add("d/", "5", mode: 0o755)
        $0.add("d/f", "0", Array("content".utf8), pax: [("mtime", Array("1.5".utf8)), ("SCHILY.xattr.user.a", [1])])
        $0.add("h", "1", link: "d/f")
        $0.add("s", "2", link: "d")
        $0.add("s/through", "0", [1, 2, 3])
        $0.add("c", "3")
        $0.add("d/.wh.gone")
        $0.add("o/.wh..wh..opq")
        $0.add("././@LongLink", "L", text: String(repeating: "long", count: 40))
        $0.add("x", "0", [UInt8](repeating: 7, count: 1500))
        $0.add(
            "old",
            "S",
            [1, 2],
            fields: [386: TarArchive.map([0, 1, 8000, 1]), 483: TarArchive.octal(9000, 11) + [0]]
        )
        $0.add(
            "new",
            text: "1\n512\n0\n" + String(repeating: "\u{0}", count: 504),
            pax: [("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.realsize", "1024")]
        )
    }.finished

    /// Small archives of one kind each, for a fuzzer to start from.
    static let seeds: [(name: String, bytes: [UInt8])] = [
        ("whole", whole),
        ("file", TarArchive { $0.add("d/f", "0", Array("content".utf8)) }.finished),
        ("links", links.finished),
        ("marks", marks.finished),
        (
            "long",
            TarArchive {
                $0.add("././@LongLink", "L", text: "d/name\u{0}"); $0.add("x")
            }.finished
        ),
        ("attributes", attributes.finished),
        ("sparse-old", old.finished),
        ("sparse-pax", map.finished),
    ]

    private static let links = TarArchive {
        $0.add("d", "5")
        $0.add("d/f")
        $0.add("l", "2", link: "/d")
        $0.add("l/g")
        $0.add("h", "1", link: "l/f")
    }

    private static let marks = TarArchive {
        $0.add("d/.wh.f")
        $0.add("d", "5")
        $0.add("d/.wh..wh..opq")
        $0.add("d/f")
    }

    private static let attributes = TarArchive {
        $0.add(
            "f",
            pax: [
                "mtime": "-1.5", "SCHILY.xattr.user.a": "v", "LIBARCHIVE.xattr.user.b%20": "AQID",
                "SCHILY.acl.access": "user::rw-,user:x:r--:7,group::r--,mask::r--,other::---",
            ]
        )
    }

    private static let old = TarArchive {
        $0.add(
            "s",
            "S",
            [1, 2],
            fields: [386: TarArchive.map([0, 1, 100, 1]), 483: TarArchive.octal(200, 11) + [0]]
        )
    }

    private static let map = TarArchive {
        $0.add("s", text: "ab", pax: [("GNU.sparse.map", "0,1,100,1"), ("GNU.sparse.size", "200")])
    }

    /// Gives every block that looks like a header the checksum that it should have.
    static func summed(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for block in stride(from: 0, through: bytes.count - 512, by: 512)
        where bytes[(block + 257)..<(block + 262)].elementsEqual("ustar".utf8) {
            bytes.replaceSubrange((block + 148)..<(block + 156), with: [UInt8](repeating: 32, count: 8))
            let sum = bytes[block..<(block + 512)].reduce(0) { $0 + Int($1) }
            bytes.replaceSubrange((block + 148)..<(block + 156), with: TarArchive.octal(sum, 6) + [0, 32])
        }
        return bytes
    }
}
