import AgentProtocol
import Synchronization

/// What is known of a machine's layer disk.
enum LayerDiskState: Sendable {
    /// This is in it.
    case known(LayerSlots)
    /// QEMU knows what is in it: another daemon filled it, or something went wrong half-way.
    case unknown
    /// It is being filled.
    case changing
}

extension QEMUMachine {
    func fill(_ layers: [LayerFile], from slot: Int) async throws {
        do {
            let opened = try await blocking { try OpenLayers(layers, from: slot) }
            let state = layerDisk.withLock { state in
                defer { state = .changing }
                return state
            }
            if case .changing = state {
                throw HypervisorError(.invalid, "other layers are on their way (wait for them)")
            }
            // Whatever fails on the way, what QEMU says afterwards is true.
            var end = LayerDiskState.unknown
            defer { layerDisk.withLock { $0 = end } }
            let slots = try await layerSlots(state)
            end = .known(try await fill(opened, from: slot, slots))
        } catch let error as HypervisorError {
            let id = process.record.id
            throw HypervisorError(error.code, "cannot give \"\(id)\" layers: \(error.message)", cause: error.cause)
        }
    }

    private func layerSlots(_ state: LayerDiskState) async throws -> LayerSlots {
        if case .known(let slots) = state { return slots }
        let sets = try await monitor.execute(QMPQueryDescriptors())
        return LayerSlots(descriptors: sets.map { (number: $0.set, label: $0.label) })
    }

    private func fill(_ opened: OpenLayers, from slot: Int, _ before: LayerSlots) async throws -> LayerSlots {
        var slots = before
        let added = try slots.fill(opened.contents, from: slot)
        guard !slots.isShown else { return slots }
        try await handOver(opened, added, slots)
        let generation = slots.next
        do {
            try await monitor.execute(QMPAddBlockDevice(node: BlockNode(layers: generation)))
        } catch {
            // Nothing of it was ever shown, so that the slots are as good as new.
            for set in added.map(DescriptorSets.layer) + [DescriptorSets.text(generation)] { await takeBack(set) }
            throw error
        }
        try await monitor.execute(QMPReopenBlockDevices([LayerNode(file: .joined(generation: generation))]))
        for old in slots.show() { await close(old) }
        return slots
    }

    private func handOver(_ opened: OpenLayers, _ added: [Int], _ slots: LayerSlots) async throws {
        let (layers, texts) = try await blocking { try opened.files(adding: added, to: slots) }
        for file in layers + texts.files { try await handOver(file) }
        withExtendedLifetime((opened, texts)) {}
    }

    /// Closes what nothing reads from any more; the layers in it stay open in what has come after it.
    private func close(_ generation: Int) async {
        _ = try? await monitor.execute(QMPRemoveBlockDevice(name: LayerNode.name(generation)))
        await takeBack(DescriptorSets.text(generation))
    }
}
