import FoundationEssentials
import SystemPackage
import Testing

@testable import Hypervisor

@Suite("what QEMU is told of disks")
struct BlockNodeTests {
    private static func json(_ content: DiskAttachment.Content, readOnly: Bool = true, slot: Int = 0) throws -> String {
        let disk = DiskAttachment(id: "image", content: content, serial: "image", readOnly: readOnly)
        try disk.validate()
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(BlockNode(disk, slot: slot)), as: UTF8.self)
    }

    @Test("of a server, its socket's name in the machine's folder, and to wait for the next one when it has gone")
    func server() throws {
        let file = #"{"driver":"nbd","reconnect-delay":60,"server":{"path":"sockets/a.sock","type":"unix"}}"#
        let expected = #"{"driver":"raw","file":\#(file),"node-name":"node-0","read-only":true}"#
        #expect(try Self.json(.server(socket: "a.sock")) == expected)
    }

    @Test("of files, descriptors that nothing else has; one that can be written to is locked")
    func files() throws {
        let writable = #"{"driver":"file","filename":"/dev/fdset/512","locking":"auto"}"#
        #expect(
            try Self.json(.file("/a"), readOnly: false, slot: 2)
                == #"{"driver":"raw","file":\#(writable),"node-name":"node-2","read-only":false}"#
        )
        let shared = #"{"driver":"file","filename":"/dev/fdset/256","locking":"off"}"#
        #expect(
            try Self.json(.composite([.bytes([0])]), slot: 1)
                == #"{"driver":"vmdk","file":\#(shared),"node-name":"node-1","read-only":true}"#
        )
    }

    @Test("a disk of no pieces, of too many, or one that is to be written to is refused, and so is an odd socket")
    func refused() {
        let pieces = { (count: Int) in DiskAttachment.Content.composite(Array(repeating: .bytes([0]), count: count)) }
        for content in [pieces(0), pieces(256), .server(socket: "../a.sock"), .server(socket: "")] {
            #expect(throws: HypervisorError.self) { try Self.json(content) }
        }
        #expect(throws: HypervisorError.self) { try Self.json(pieces(1), readOnly: false) }
    }
}
