import AgentProtocol
import Linux
import SystemPackage

/// Layers' files that were opened for a machine, and found to be what they should.
final class OpenLayers: Sendable {
    /// What each slot is to be filled with, in order.
    let contents: [LayerSlots.Content]
    private let files: HandedFiles

    /// Opens files for the slots from one on; each must have just the length that it should.
    init(_ layers: [LayerFile], from first: Int) throws {
        var contents: [LayerSlots.Content] = []
        files = try HandedFiles { add in
            for (index, layer) in layers.enumerated() {
                let file = try Self.open(layer)
                let content = LayerSlots.Content(size: layer.size, file: "\(try FileIdentity(file.descriptor))")
                contents.append(content)
                add(DescriptorSets.layer(first + index), file, content.label)
            }
        }
        self.contents = contents
    }

    /// What QEMU needs to show these slots beside those that it has: the layers, zeros, and the text that joins them.
    func files(adding added: [Int], to slots: LayerSlots) throws -> (layers: [HandedFiles.File], texts: HandedFiles) {
        let sets = Set(added.map(DescriptorSets.layer))
        let texts = try HandedFiles { add in
            if slots.generations.isEmpty { add(DescriptorSets.zeros, try Self.inMemory([]), nil) }
            let pieces = slots.pieces.map { (FilePath(DescriptorSets.path($0.file)), $0.size) }
            add(DescriptorSets.text(slots.next), try Self.inMemory(VMDKDescriptor.text(pieces)), nil)
        }
        return (files.files.filter { sets.contains($0.set) }, texts)
    }

    private static func open(_ layer: LayerFile) throws -> OwnedFD {
        guard layer.size > 0, layer.size % 512 == 0, layer.size <= LayerDisk.slotSize else {
            throw HypervisorError(
                .invalid,
                "layer \(layer.path) has \(layer.size) bytes, not whole sectors up to \(LayerDisk.slotSize) bytes"
            )
        }
        let file: OwnedFD
        do { file = try .open(layer.path, .readOnly) } catch {
            throw HypervisorError(.missing, "cannot open layer \(layer.path)", cause: error)
        }
        // What lay behind a layer would be in the guest's reach.
        let size = try file.descriptor.seek(offset: 0, from: .end)
        guard size == layer.size else {
            throw HypervisorError(.invalid, "layer \(layer.path) has \(size) bytes instead of \(layer.size)")
        }
        return file
    }

    /// A file in memory that can only be read: QEMU takes a descriptor for reading only if it can do nothing else.
    private static func inMemory(_ bytes: [UInt8]) throws -> OwnedFD {
        let file = try MemoryFile.make(bytes)
        return try .open(MemoryFile.path(of: file), .readOnly)
    }
}
