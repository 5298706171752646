import FoundationEssentials
import SystemPackage
import Testing

@testable import Hypervisor

@Suite("disks that a server stands for")
struct ServedDiskTests {
    @Test("QEMU connects to the socket, and waits for the next server when one has gone")
    func node() throws {
        let disk = DiskAttachment(id: "image", path: "/run/a,b.sock", serial: "image", readOnly: true, format: .nbd)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let text = String(decoding: try encoder.encode(BlockNode(disk, slot: 0)), as: UTF8.self)
        let file = #"{"driver":"nbd","reconnect-delay":60,"server":{"path":"/run/a,b.sock","type":"unix"}}"#
        #expect(text == #"{"driver":"raw","file":\#(file),"node-name":"\#(DiskSlots.node(0))","read-only":true}"#)
    }
}
