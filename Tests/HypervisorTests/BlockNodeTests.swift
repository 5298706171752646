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
        let writable = #"{"driver":"file","filename":"/dev/fdset/258","locking":"auto"}"#
        #expect(
            try Self.json(.file("/a"), readOnly: false, slot: 2)
                == #"{"driver":"raw","file":\#(writable),"node-name":"node-2","read-only":false}"#
        )
        let shared = #"{"driver":"file","filename":"/dev/fdset/257","locking":"off"}"#
        #expect(
            try Self.json(.file("/a"), slot: 1)
                == #"{"driver":"raw","file":\#(shared),"node-name":"node-1","read-only":true}"#
        )
    }

    @Test("of the layer disk, a node that reads zeros or joined layers, and never writes")
    func layers() throws {
        let zeros = #"{"driver":"null-co","read-only":true,"read-zeroes":true,"size":17523467616256}"#
        #expect(
            try QEMUArguments.json(LayerNode(file: .zeros))
                == #"{"driver":"raw","file":\#(zeros),"node-name":"layers","read-only":true}"#
        )
        #expect(
            try QEMUArguments.json(LayerNode(file: .joined(generation: 2)))
                == #"{"driver":"raw","file":"layers-2","node-name":"layers","read-only":true}"#
        )
        let text = #"{"driver":"file","filename":"/dev/fdset/514","locking":"off"}"#
        #expect(
            try QEMUArguments.json(BlockNode(layers: 2))
                == #"{"driver":"vmdk","file":\#(text),"node-name":"layers-2","read-only":true}"#
        )
    }

    @Test("an odd socket is refused", arguments: ["../a.sock", ""])
    func refused(socket: String) {
        #expect(throws: HypervisorError.self) { try Self.json(.server(socket: socket)) }
    }
}
