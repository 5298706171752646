import OCI
import Testing

/// Layers that are hostile, damaged or just strange, and what has to become of them.
struct LayerCase: Sendable, CustomTestStringConvertible {
    enum Outcome: Sendable {
        /// The error's code, and words of its message.
        case refused(ImageError.Code, String)
        /// The tree, as `LayerListing` shows it.
        case made([String])
    }

    let testDescription: String
    let archive: [UInt8]
    let outcome: Outcome

    /// A layer that is refused because of what it asks for.
    init(_ name: String, _ words: String, _ fill: (inout TarArchive) -> Void) {
        self.init(name, .refused, words, fill)
    }

    /// A layer that is refused.
    init(_ name: String, _ code: ImageError.Code, _ words: String, _ fill: (inout TarArchive) -> Void) {
        testDescription = name
        outcome = .refused(code, words)
        archive = TarArchive(fill).finished
    }

    /// A layer that is made harmless, or is.
    init(_ name: String, made: [String], _ fill: (inout TarArchive) -> Void) {
        testDescription = name
        outcome = .made(made)
        archive = TarArchive(fill).finished
    }

    /// Raw bytes that are refused.
    init(_ name: String, _ code: ImageError.Code, _ words: String, bytes: [UInt8]) {
        testDescription = name
        outcome = .refused(code, words)
        archive = bytes
    }
}

extension LayerCase {
    static let all = names + links + deletions + devices + bombs + sparse + attributes + damages

    private static let file: [UInt8] = Array("content".utf8)

    static let names: [LayerCase] = [
        LayerCase("absolute name", "\"/etc/evil\" has an absolute name") { $0.add("/etc/evil") },
        LayerCase("absolute name in a pax header", "\"/evil\" has an absolute name") {
            $0.add("good", pax: ["path": "/evil"])
        },
        LayerCase("absolute name in a GNU header", "\"/evil\" has an absolute name") {
            $0.add("././@LongLink", "L", text: "/evil\u{0}")
            $0.add("good")
        },
        LayerCase("parent name", "\"../evil\" climbs out") { $0.add("../evil") },
        LayerCase("parent name inside", "\"a/./../../evil\" climbs out") { $0.add("a/./../../evil") },
        LayerCase("parent name at the end", "\"a/..\" climbs out") { $0.add("a/..", "5") },
        LayerCase("parent name of a sparse file", "\"../evil\" climbs out") {
            $0.add("good", pax: ["GNU.sparse.name": "../evil"])
        },
        LayerCase("parent name in ustar's prefix", "\"../x/y\" climbs out") {
            $0.add("y", fields: [345: Array("../x".utf8)])
        },
        LayerCase("path too long", "is empty or too long") {
            $0.add("x", pax: ["path": String(repeating: "a/", count: 2048)])
        },
        LayerCase("name too long", "has a part over 255 bytes") {
            $0.add("x", pax: ["path": String(repeating: "a", count: 256)])
        },
        LayerCase("zero byte", "contains a zero byte") { $0.add("x", pax: ["path": "a\u{0}b"]) },
        LayerCase("empty name", "is empty or too long") { $0.add("") },
        LayerCase("terminal escape", "\"/?[31mred\" has an absolute name") { $0.add("/\u{1B}[31mred") },
        LayerCase("a file in place of the root", "has the root folder's name") { $0.add(".", "0", text: "x") },
        LayerCase(
            "the longest path",
            made: [String](
                (0..<2047).map { implicit(String(repeating: "a/", count: $0) + "a") }
                    + [String(repeating: "a/", count: 2047) + "a file 644 0:0"]
            ).sorted()
        ) {
            $0.add("x", pax: ["path": String(repeating: "a/", count: 2047) + "a"])
        },
        LayerCase("doubled slashes and dots", made: [implicit("a"), "a/b file 644 0:0"]) { $0.add(".//a/././b") },
        LayerCase("the root folder as umoci writes it", made: ["f file 644 0:0"]) {
            $0.add("/", "5", mode: 0o700)
            $0.add("f")
        },
        LayerCase("a name that is no text", made: ["\u{FFFD} file 644 0:0"]) { $0.add("x", fields: [0: [0xFF]]) },
        LayerCase("an empty pax path means the header's", made: ["x file 644 0:0"]) { $0.add("x", pax: ["path": ""]) },
    ]

    static let links: [LayerCase] = [
        LayerCase("link to the host, then write through it", "\"a/evil\" goes through \"tmp\", which is no folder") {
            $0.add("a", "2", link: "/tmp")
            $0.add("a/evil")
        },
        LayerCase("link upwards, then write through it", "\"a/evil\" goes through a symbolic link that leads outside") {
            $0.add("a", "2", link: "../../tmp")
            $0.add("a/evil")
        },
        LayerCase(
            "link, then a folder in its place",
            made: ["a folder 644 0:0 trusted.overlay.opaque=79", "a/f file 644 0:0"]
        ) {
            $0.add("./a", "2", link: "/tmp")
            $0.add("a/", "5")
            $0.add("a/f")
        },
        LayerCase(
            "a link of the layer is followed inside it",
            made: [
                "lib -> /usr/lib 777 0:0", "usr folder 644 0:0", "usr/lib folder 644 0:0", "usr/lib/x file 644 0:0",
                implicit("usr/lib/y"), "usr/lib/y/z file 644 0:0",
            ]
        ) {
            $0.add("usr", "5")
            $0.add("usr/lib", "5")
            $0.add("lib", "2", link: "/usr/lib")
            $0.add("lib/x")
            $0.add("lib/y/z")
        },
        LayerCase(
            "a link upwards inside the layer",
            made: [
                "a folder 644 0:0", "a/up -> ../b 777 0:0", "b folder 644 0:0", "b/f file 644 0:0",
            ]
        ) {
            $0.add("a", "5")
            $0.add("b", "5")
            $0.add("a/up", "2", link: "../b")
            $0.add("a/up/f")
        },
        LayerCase("links in a circle", "goes through too many symbolic links") {
            $0.add("a", "2", link: "b")
            $0.add("b", "2", link: "a")
            $0.add("a/f")
        },
        LayerCase("a name made long by links", "to a name that is too long") {
            let deep = String(repeating: "a/", count: 2000)
            $0.add("x", "5", pax: ["path": deep])
            $0.add("l", "2", pax: ["linkpath": deep])
            $0.add("x", pax: ["path": "l/" + String(repeating: "b/", count: 100) + "f"])
        },
        LayerCase("a file as a folder", "\"f/x\" goes through \"f\", which is no folder") {
            $0.add("f")
            $0.add("f/x")
        },
        LayerCase("an empty link", "the target of link \"l\" is empty") { $0.add("l", "2") },
        LayerCase("a link with a zero byte", "the target of link \"l\" contains a zero byte") {
            $0.add("l", "2", pax: ["linkpath": "a\u{0}b"])
        },
        LayerCase("hard link to the host", "the target of hard link \"x\" has an absolute name") {
            $0.add("x", "1", link: "/etc/passwd")
        },
        LayerCase("hard link upwards", "the target of hard link \"x\" climbs out") {
            $0.add("x", "1", link: "../../etc/passwd")
        },
        LayerCase("hard link through a link", "\"x\" goes through \"etc\", which is no folder") {
            $0.add("a", "2", link: "/etc")
            $0.add("x", "1", link: "a/passwd")
        },
        LayerCase("hard link to nothing", "hard link \"x\" points to \"y\", which is no earlier file") {
            $0.add("x", "1", link: "y")
        },
        LayerCase("hard link to a later file", "hard link \"x\" points to \"y\", which is no earlier file") {
            $0.add("x", "1", link: "y")
            $0.add("y")
        },
        LayerCase("hard link to a folder", "hard link \"x\" points to \"y\", which is no earlier file") {
            $0.add("y", "5")
            $0.add("x", "1", link: "y")
        },
        LayerCase("hard link to a deletion", "hard link \"x\" points to \"y\", which is no earlier file") {
            $0.add(".wh.y")
            $0.add("x", "1", link: "y")
        },
        LayerCase("hard link that removes its own target", "\"d\" goes through \"d\", which is no folder") {
            $0.add("d/f")
            $0.add("d", "1", link: "d/f")
        },
        LayerCase("hard link to itself", made: ["x file 644 0:0"]) {
            $0.add("x", "0", file)
            $0.add("x", "1", link: "x")
        },
    ]

    static let deletions: [LayerCase] = [
        LayerCase("deletion outside", "\"../.wh.x\" climbs out") { $0.add("../.wh.x") },
        LayerCase("deletion of no name", "\"a/.wh.\" deletes nothing that has a name") { $0.add("a/.wh.") },
        LayerCase("deletion of the folder itself", "deletes nothing that has a name") { $0.add("a/.wh..") },
        LayerCase("deletion of the folder above", "deletes nothing that has a name") { $0.add("a/.wh...") },
        LayerCase("a file in a deletion", "lies in a folder whose name marks a deletion") { $0.add(".wh.a/f") },
        LayerCase("deletion through a link to the host", "goes through \"etc\", which is no folder") {
            $0.add("a", "2", link: "/etc")
            $0.add("a/.wh.passwd")
        },
        LayerCase("deletion", made: [implicit("a"), "a/b deleted"]) { $0.add("a/.wh.b", "0", file) },
        LayerCase("deletion before the new file", made: ["a file 644 0:0"]) {
            $0.add(".wh.a")
            $0.add("a")
        },
        LayerCase("deletion after the new file", made: ["a file 644 0:0"]) {
            $0.add("a")
            $0.add(".wh.a")
        },
        LayerCase("deletion before the new folder", made: ["a folder 644 0:0 trusted.overlay.opaque=79"]) {
            $0.add(".wh.a")
            $0.add("a", "5")
        },
        LayerCase("deletion after the new folder", made: ["a folder 644 0:0 trusted.overlay.opaque=79"]) {
            $0.add("a", "5")
            $0.add(".wh.a")
        },
        LayerCase(
            "deletion, then a file in a folder without an entry",
            made: [
                "a folder 755 0:0 at 0.0 trusted.overlay.opaque=79 implicit", "a/f file 644 0:0",
            ]
        ) {
            $0.add(".wh.a")
            $0.add("a/f")
        },
        LayerCase("opaque folder before its entry", made: ["a folder 644 5:5 trusted.overlay.opaque=79"]) {
            $0.add("a/.wh..wh..opq")
            $0.add("a", "5", owner: 5)
        },
        LayerCase("opaque folder twice", made: ["a folder 644 5:5 trusted.overlay.opaque=79"]) {
            $0.add("a", "5", owner: 5)
            $0.add("a/.wh..wh..opq")
            $0.add("a/.wh..wh..opq")
        },
        LayerCase(
            "deletions that delete nothing",
            made: ["a folder 644 0:0 trusted.overlay.opaque=79", "a/b folder 644 0:0", "c deleted"]
        ) {
            $0.add("a", "5")
            $0.add("a/.wh.x")
            $0.add("a/.wh..wh..opq")
            $0.add("a/b", "5")
            $0.add("a/b/.wh.y")
            $0.add(".wh.c")
        },
        LayerCase("opaque root", made: [" folder 755 0:0 at 0.0 trusted.overlay.opaque=79 implicit"]) { $0.add(".wh..wh..opq") },
        LayerCase("what aufs kept for itself", made: ["f file 644 0:0"]) {
            $0.add(".wh..wh.plnk", "5")
            $0.add(".wh..wh.plnk/12.34", "0", file)
            $0.add(".wh..wh.aufs")
            $0.add("f")
        },
    ]

    static let devices: [LayerCase] = [
        LayerCase("a deletion by the back door", "\"x\" is device 0:0, which would delete") {
            $0.add("x", "3", device: (0, 0))
        },
        LayerCase("opaque by the back door", made: ["a folder 644 0:0"]) {
            $0.add("a", "5", pax: ["SCHILY.xattr.trusted.overlay.opaque": "y"])
        },
        LayerCase("redirect by the back door", made: ["a folder 644 0:0"]) {
            $0.add("a", "5", pax: ["LIBARCHIVE.xattr.trusted%2Eoverlay.redirect": "L2V0Yw"])
        },
        LayerCase("a device that cannot exist", "\"x\" is device 4096:0, which cannot exist") {
            $0.add("x", "3", device: (4096, 0))
        },
        LayerCase("devices", made: ["b block 0:0 644 0:0", "c character 1:3 644 0:0", "p pipe 644 0:0"]) {
            $0.add("c", "3")
            $0.add("b", "4", device: (0, 0))
            $0.add("p", "6")
        },
        LayerCase("a type that layers do not have", .unsupported, "\"x\" is of a type") { $0.add("x", "V") },
        LayerCase("a volume in pieces", .unsupported, "\"x\" is of a type") { $0.add("x", "M") },
    ]

    private static func implicit(_ path: String) -> String { "\(path) folder 755 0:0 at 0.0 implicit" }
}
