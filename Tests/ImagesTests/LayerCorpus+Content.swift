import OCI

extension LayerCase {
    static let bombs: [LayerCase] = [
        LayerCase("sparse bomb", "bytes when unpacked, at \"x\"") {
            $0.add("x", pax: ["GNU.sparse.realsize": "\(1 << 50)"])
        },
        LayerCase("many sparse files", "bytes when unpacked, at \"c\"") { layer in
            for name in ["a", "b", "c"] { layer.add(name, pax: ["GNU.sparse.realsize": "\(6 << 30)"]) }
        },
        LayerCase("a map with too many parts", "sparse file \"x\" has more than 131072 parts") {
            $0.add(
                "x",
                text: "131073\n" + String(repeating: "0\n", count: 300),
                pax: [("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.realsize", "1")]
            )
        },
        LayerCase("a header larger than any", "the headers before an entry") { $0.add("x", "x", claimed: 1 << 30) },
        LayerCase("many headers before one entry", "the headers before an entry") { layer in
            let body = TarArchive.record("comment", [UInt8](repeating: 0x61, count: 300_000))
            for _ in 0..<4 { layer.add("pax", "x", body) }
            layer.add("f")
        },
        LayerCase("folders out of names", "more than 500000 entries, at \"") { layer in
            for number in 0..<250 {
                layer.add("x", pax: ["path": "\(number)/" + String(repeating: "a/", count: 2040) + "f"])
            }
        },
        LayerCase("an attribute larger than any", "\"x\" has extended attributes that are too large") {
            $0.add("x", pax: [("SCHILY.xattr.user.big", [UInt8](repeating: 0, count: 65_536))])
        },
        LayerCase("an attribute's name longer than any", "\"x\" has extended attributes that are too large") {
            $0.add("x", pax: [("SCHILY.xattr.user.\(String(repeating: "n", count: 251))", [1])])
        },
        LayerCase("more attributes than any", "\"x\" has extended attributes that are too large") {
            $0.add("x", pax: (0..<9).map { ("SCHILY.xattr.user.\($0)", [UInt8](repeating: 1, count: 16_000)) })
        },
    ]

    private static let data = [UInt8](repeating: 0x61, count: 512)

    private static func old(
        _ name: String,
        _ map: [Int],
        size: Int,
        more: UInt8 = 0,
        _ archive: inout TarArchive,
        data: [UInt8]
    ) {
        archive.add(
            name,
            "S",
            data,
            fields: [386: TarArchive.map(map), 482: [more], 483: TarArchive.octal(size, 11) + [0]]
        )
    }

    static let sparse: [LayerCase] = [
        LayerCase("old sparse file", made: ["x file 644 0:0"]) {
            old("x", [1024, 512, 4096, 0], size: 4096, &$0, data: data)
        },
        LayerCase("old sparse file, map upside down", .badArchive, "the map of sparse file \"x\" is damaged") {
            old("x", [1024, 256, 0, 256], size: 4096, &$0, data: data)
        },
        LayerCase("old sparse file, parts over each other", .badArchive, "the map of sparse file \"x\" is damaged") {
            old("x", [0, 256, 100, 256], size: 4096, &$0, data: data)
        },
        LayerCase("old sparse file, data beyond its end", .badArchive, "the map of sparse file \"x\" is damaged") {
            old("x", [4000, 512], size: 4096, &$0, data: data)
        },
        LayerCase("old sparse file, more stored than placed", .badArchive, "the map of sparse file \"x\" is damaged") {
            old("x", [0, 100], size: 4096, &$0, data: data)
        },
        LayerCase("old sparse file, negative size", .badArchive, "the map of sparse file \"x\" is damaged") {
            $0.add("x", "S", data, fields: [386: TarArchive.map([0, 512]), 483: [UInt8](repeating: 0xFF, count: 12)])
        },
        LayerCase(
            "old sparse file, map that goes on in nothing",
            .badArchive,
            "the map of sparse file \"x\" is damaged"
        ) {
            old("x", [0, 512], size: 4096, more: 1, &$0, data: [])
        },
        LayerCase("format 0.0", made: ["x file 644 0:0"]) {
            $0.add(
                "x",
                "0",
                data,
                pax: [
                    ("GNU.sparse.size", Array("4096".utf8)), ("GNU.sparse.numblocks", [0x31]),
                    ("GNU.sparse.offset", Array("1024".utf8)), ("GNU.sparse.numbytes", Array("512".utf8)),
                ]
            )
        },
        LayerCase("format 0.0 out of turn", .badArchive, "the map of sparse file \"x\" is damaged") {
            $0.add(
                "x",
                "0",
                data,
                pax: [
                    ("GNU.sparse.size", Array("4096".utf8)), ("GNU.sparse.numbytes", Array("512".utf8)),
                    ("GNU.sparse.offset", Array("1024".utf8)),
                ]
            )
        },
        LayerCase("format 0.1", made: ["real file 644 0:0"]) {
            $0.add(
                "x",
                "0",
                data,
                pax: [
                    ("GNU.sparse.map", Array("0,256,1024,256".utf8)), ("GNU.sparse.size", Array("4096".utf8)),
                    ("GNU.sparse.name", Array("real".utf8)),
                ]
            )
        },
        LayerCase("format 0.1, no numbers", .badArchive, "the map of sparse file \"x\" is damaged") {
            $0.add(
                "x",
                "0",
                data,
                pax: [
                    ("GNU.sparse.map", Array("0,256,,".utf8)), ("GNU.sparse.size", Array("4096".utf8)),
                ]
            )
        },
        LayerCase("format 0.1, numbers too large", .badArchive, "the map of sparse file \"x\" is damaged") {
            $0.add(
                "x",
                "0",
                data,
                pax: [
                    ("GNU.sparse.map", Array("9223372036854775807,9223372036854775807".utf8)),
                    ("GNU.sparse.size", Array("4096".utf8)),
                ]
            )
        },
        LayerCase("format 1.0", made: ["x file 644 0:0"]) {
            let map = Array("2\n1024\n512\n4096\n0\n".utf8)
            $0.add("x", "0", map + [UInt8](repeating: 0, count: 512 - map.count) + data, pax: one)
        },
        LayerCase("format 1.0, map that never ends", .badArchive, "the map of sparse file \"x\" is damaged") {
            $0.add("x", "0", [UInt8](repeating: 0x31, count: 2048), pax: one)
        },
        LayerCase("format 1.0, map without its data", .badArchive, "the map of sparse file \"x\" is damaged") {
            $0.add("x", text: "9\n0\n", pax: one.map { ($0.0, String(decoding: $0.1, as: UTF8.self)) })
        },
    ]

    private static let one: [(String, [UInt8])] = [
        ("GNU.sparse.major", [0x31]), ("GNU.sparse.minor", [0x30]), ("GNU.sparse.realsize", Array("4096".utf8)),
    ]

    static let attributes: [LayerCase] = [
        LayerCase("a binary attribute, both ways", made: ["x file 644 0:0 user.a=10"]) {
            $0.add("x", pax: [("LIBARCHIVE.xattr.user.a", Array("AQA".utf8)), ("SCHILY.xattr.user.a", [1, 0])])
        },
        LayerCase("an attribute with an escaped name", made: ["x file 644 0:0 user.a b=1"]) {
            $0.add("x", pax: [("LIBARCHIVE.xattr.user.a%20b", Array("AQ==".utf8))])
        },
        LayerCase("an empty attribute", made: ["x file 644 0:0 user.a="]) {
            $0.add("x", pax: [("SCHILY.xattr.user.a", [])])
        },
        LayerCase("attributes of namespaces that disks do not keep", made: ["x file 644 0:0"]) {
            $0.add("x", pax: ["SCHILY.xattr.system.nfs4_acl": "x", "SCHILY.xattr.user.": "x", "SCHILY.xattr.odd": "x"])
        },
        LayerCase("an attribute that no pipe can have", made: ["x pipe 644 0:0"]) {
            $0.add("x", "6", pax: ["SCHILY.xattr.user.a": "x"])
        },
        LayerCase(
            "an access control list",
            made: [
                "x file 654 0:0 system.posix_acl_access=20001060ffffffff2050e83004040ffffffff10050ffffffff20040ffffffff"
            ]
        ) {
            $0.add("x", pax: ["SCHILY.acl.access": "user::rw-,user:lisa:r-x:1000,group::r--,mask::r-x,other::r--"])
        },
        LayerCase("an access control list that is the mode", made: ["x file 644 0:0"]) {
            $0.add("x", pax: ["SCHILY.acl.access": "user::rw-,group::r--,other::r--"])
        },
        LayerCase("an access control list of unknown people", made: ["x file 644 0:0"]) {
            $0.add("x", pax: ["SCHILY.acl.access": "user::rw-,user:lisa:r-x,group::r--,mask::r-x,other::r--"])
        },
        LayerCase("owners, modes and times", made: ["x file 6755 4294967294:7 at -2.750000000"]) {
            $0.add(
                "x",
                "0",
                mode: 0o106755,
                owner: 7,
                pax: [
                    ("uid", Array("4294967294".utf8)), ("mtime", Array("-1.25".utf8)),
                ]
            )
        },
        LayerCase("a time before 1970 in binary", made: ["x file 644 0:0 at -1.0"]) {
            $0.add("x", fields: [136: [UInt8](repeating: 0xFF, count: 12)])
        },
        LayerCase("an owner in binary", made: ["x file 644 16909060:0"]) {
            $0.add("x", fields: [108: [0x80, 0, 0, 0, 1, 2, 3, 4]])
        },
        LayerCase("an owner that cannot exist", "\"x\" belongs to user 4294967295") {
            $0.add("x", pax: ["uid": "4294967295"])
        },
        LayerCase("a negative owner", "\"x\" belongs to user -1") {
            $0.add("x", fields: [108: [UInt8](repeating: 0xFF, count: 8)])
        },
        LayerCase("an owner that is no number", .badArchive, "uid \"0x1\", which is no number") {
            $0.add("x", pax: ["uid": "0x1"])
        },
        LayerCase("a time that is no number", .badArchive, "mtime \"now\", which is no number") {
            $0.add("x", pax: ["mtime": "now"])
        },
        LayerCase("a later entry replaces the earlier", made: ["d file 644 0:0"]) {
            $0.add("d", "5")
            $0.add("d/f")
            $0.add("d")
        },
        LayerCase("a folder again changes only its attributes", made: ["d folder 700 3:3", "d/f file 644 0:0"]) {
            $0.add("d", "5", mode: 0o755)
            $0.add("d/f")
            $0.add("./d/", "5", mode: 0o700, owner: 3)
        },
        LayerCase("a global header is passed over", made: ["x file 644 0:0"]) {
            $0.add("pax_global_header", "g", TarArchive.record("path", Array("evil".utf8)))
            $0.add("x")
        },
    ]

    static let damages: [LayerCase] = [
        LayerCase("no archive", .badArchive, "is not a tar archive", bytes: [UInt8](repeating: 7, count: 5000)),
        LayerCase(
            "cut in a header",
            .badArchive,
            "is truncated",
            bytes: Array(TarArchive { $0.add("x") }.bytes.prefix(100))
        ),
        LayerCase(
            "cut in the data",
            .badArchive,
            "is truncated",
            bytes: Array(
                TarArchive { $0.add("x", "0", [UInt8](repeating: 1, count: 5000)) }.bytes.prefix(3000)
            )
        ),
        LayerCase(
            "cut after an extension header",
            .badArchive,
            "is truncated",
            bytes: Array(
                TarArchive { $0.add("x", pax: ["path": "y"]) }.bytes.prefix(1024)
            )
        ),
        LayerCase("a wrong checksum", .badArchive, "damaged at byte 1024") {
            $0.add("x", "0", [1])
            $0.add("y", fields: [148: Array("0000000\u{0}".utf8)])
        },
        LayerCase("a negative size", .badArchive, "is not a tar archive, or is damaged") {
            $0.add("x", fields: [124: [UInt8](repeating: 0xFF, count: 12)])
        },
        LayerCase("a size beyond all archives", .badArchive, "is truncated") { $0.add("x", claimed: 1 << 32) },
        LayerCase("a size of 2^63-1 in a pax header", .badArchive, "is truncated") {
            $0.add("x", pax: ["size": "\(Int64.max)"])
        },
        LayerCase("a pax record without an end", .badArchive, "a pax header near byte") {
            $0.add("x", "x", text: "9 a=b")
        },
        LayerCase("a pax record longer than its header", .badArchive, "a pax header near byte") {
            $0.add("x", "x", text: "99 a=b\n")
        },
        LayerCase("a mode that is no number", .badArchive, "\"x\" has a number that is damaged") {
            $0.add("x", fields: [100: Array("rwxrwxr".utf8)])
        },
        LayerCase("an empty layer", made: []) { _ in },
        LayerCase("a folder with a size and no data", made: ["d folder 644 0:0", "f file 644 0:0"]) {
            $0.add("d", "5", claimed: 512)
            $0.add("f")
        },
        LayerCase("more after the end", made: ["x file 644 0:0"]) {
            $0.add("x")
            $0.append([UInt8](repeating: 0, count: 1024))
            $0.add("hidden")
        },
    ]
}
