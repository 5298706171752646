import AgentProtocol
import Foundation
import Linux
import SystemPackage
import TestSupport
import Testing

@testable import Hypervisor

@Suite("slots of the layer disk")
struct LayerSlotsTests {
    private static func content(_ name: String, size: Int64 = 4096) -> LayerSlots.Content {
        .init(size: size, file: name)
    }

    @Test("a filled slot keeps its layer, and the same layer may be asked for again")
    func once() throws {
        var slots = LayerSlots()
        #expect(try slots.fill([Self.content("a"), Self.content("b")], from: 1) == [1, 2])
        #expect(!slots.isShown)
        #expect(slots.show() == [])
        let before = slots
        #expect(try slots.fill([Self.content("a")], from: 1) == [])
        #expect(slots == before && slots.isShown)
        for other in [Self.content("c"), Self.content("b", size: 8192)] {
            let error = #expect(throws: HypervisorError.self) { try slots.fill([other], from: 2) }
            #expect(error?.message.hasPrefix("slot 2 has another layer") == true)
        }
        #expect(throws: HypervisorError.self) { try slots.fill([Self.content("n"), Self.content("a")], from: 255) }
        #expect(slots == before)
    }

    @Test("more layers come behind, and each disk is closed when the next one is shown")
    func append() throws {
        var slots = LayerSlots()
        _ = try slots.fill([Self.content("a")], from: 1)
        #expect((slots.next, slots.show()) == (1, []))
        #expect(try slots.fill([Self.content("a"), Self.content("b"), Self.content("c")], from: 1) == [2, 3])
        #expect((slots.next, slots.show()) == (2, [1]))
        #expect(slots.contents.mapValues(\.file) == [1: "a", 2: "b", 3: "c"])
    }

    @Test("a slot that there is not is refused", arguments: [(0, 1), (-1, 1), (1, 0), (1, 256), (255, 2), (256, 1)])
    func bounds(first: Int, count: Int) {
        var slots = LayerSlots()
        let layers = (0..<count).map { Self.content("\($0)") }
        #expect(throws: HypervisorError.self) { try slots.fill(layers, from: first) }
        #expect(slots == LayerSlots())
    }

    @Test("every layer is where the agent looks, and the disk has the same length whatever is in it")
    func pieces() throws {
        for filled in [[], [1], [255], [1, 2, 255], [3, 7], Array(1...255)] {
            var slots = LayerSlots()
            for slot in filled { _ = try slots.fill([Self.content("\(slot)")], from: slot) }
            var places: [Int: Int64] = [:]
            var end: Int64 = 0
            for piece in slots.pieces {
                if piece.file > 0 { places[piece.file] = end }
                end += piece.size
            }
            #expect(end == LayerDisk.size)
            #expect(places == Dictionary(uniqueKeysWithValues: filled.map { ($0, LayerDisk.offset(of: $0)) }))
        }
    }

    @Test("what QEMU keeps with the files tells a new daemon all of it, and what is strange counts as filled")
    func recovered() throws {
        var slots = LayerSlots()
        _ = try slots.fill([Self.content("1:2"), Self.content("1:3", size: 512)], from: 4)
        var sets = slots.contents.map { (number: $0.key, label: $0.value.label) }
        sets += [(0, ""), (257, ""), (514, ""), (513, "")]
        var again = LayerSlots(descriptors: sets)
        #expect(again.contents == slots.contents)
        #expect((again.generations, again.next, again.isShown) == ([1, 2], 3, false))
        #expect(try again.fill(Array(slots.contents.values.filter { $0.size == 512 }), from: 5) == [])
        #expect(again.show() == [1, 2])
        #expect(LayerSlots(descriptors: [(257, "")]).isShown)
        var odd = LayerSlots(descriptors: [(1, "what"), (2, "0 1:2"), (3, "")])
        for slot in 1...3 { #expect(throws: HypervisorError.self) { try odd.fill([Self.content("a")], from: slot) } }
    }

    @Test(
        "QEMU reads the text as one disk of the right length, with each layer where its slot is and zeros elsewhere",
        .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/qemu-io"), "needs qemu-utils"),
        arguments: [[1], [255], [1, 2, 3], [2, 17, 255], Array(1...255)]
    )
    func text(filled: [Int]) async throws {
        try await withTemporaryFolder { folder in
            var slots = LayerSlots()
            for slot in filled {
                let path = folder.appending("\(slot)")
                try Data(repeating: UInt8(slot), count: 4096 * (1 + slot % 3)).write(to: URL(filePath: path.string))
                _ = try slots.fill([Self.content("\(slot)")], from: slot)
            }
            try Data().write(to: URL(filePath: folder.appending("0").string))
            let text = folder.appending("text")
            let pieces = slots.pieces.map { (path: FilePath("\($0.file)"), size: $0.size) }
            try Data(VMDKDescriptor.text(pieces)).write(to: URL(filePath: text.string))
            let facts = try await Shell.run(["qemu-img", "info", "--output=json", "-f", "vmdk", text.string])
            #expect(facts.contains("\"virtual-size\": \(LayerDisk.size),"))
            var commands = ["read -P 0 0 \(LayerDisk.head)"]
            for slot in filled {
                let (start, size) = (LayerDisk.offset(of: slot), Int64(4096 * (1 + slot % 3)))
                commands.append("read -P \(slot) \(start) \(size)")
                commands.append("read -P 0 \(start + size) 65536")
                commands.append("read -P 0 \(start + LayerDisk.slotSize - 65536) 65536")
            }
            // It ends with an error for bytes that are others.
            let arguments = ["qemu-io", "-r", "-f", "vmdk"] + commands.flatMap { ["-c", $0] } + [text.string]
            let output = try await Shell.run(arguments)
            #expect(output.split(separator: "\n").count { $0.hasPrefix("read ") } == commands.count)
        }
    }
}
