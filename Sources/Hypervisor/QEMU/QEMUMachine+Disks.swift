import Synchronization

extension QEMUMachine {
    func attachDisk(_ disk: DiskAttachment) async throws {
        try await blocking { try disk.validate() }
        let slot = try slots.withLock { try $0.take(disk.id) }
        do {
            try await monitor.execute(QMPAddBlockDevice(node: BlockNode(disk, slot: slot)))
            try await plug(disk, slot)
        } catch {
            slots.withLock { $0.release(disk.id) }
            throw Self.explain(error, "attach disk \"\(disk.id)\" (\(disk.path))")
        }
    }

    func detachDisk(_ id: String) async throws {
        let slot = try slots.withLock { try $0.slot(of: id) }
        do {
            try await unplug(DiskSlots.device(slot, id))
            try await monitor.execute(QMPRemoveBlockDevice(name: DiskSlots.node(slot)))
        } catch {
            throw Self.explain(error, "detach disk \"\(id)\"")
        }
        slots.withLock { $0.release(id) }
    }

    private func plug(_ disk: DiskAttachment, _ slot: Int) async throws {
        do {
            try await monitor.execute(QMPAddDevice(device: SCSIDisk(disk, slot: slot)))
        } catch {
            // Otherwise the file would stay open, and the slot's next disk would find its node taken.
            _ = try? await monitor.execute(QMPRemoveBlockDevice(name: DiskSlots.node(slot)))
            throw error
        }
    }

    /// The guest takes part in an unplug (60 ms, measured); a stopped or hung one never does.
    private func unplug(_ device: String) async throws {
        let events = monitor.events()
        let monitor = monitor
        try await monitor.execute(QMPRemoveDevice(id: device))
        let late = HypervisorError(.timeout, "the guest does not let go of \(device)")
        try await withDeadline(.seconds(10), late: late) {
            for await event in events where event.name == "DEVICE_DELETED" && event.details?.device == device { return }
            try Task.checkCancellation()
            throw HypervisorError(.gone, "the virtual machine has ended")
        }
    }

    private static func explain(_ error: any Error, _ work: String) -> any Error {
        guard let error = error as? HypervisorError else { return error }
        return HypervisorError(error.code, "cannot \(work): \(error.message)", cause: error.cause)
    }
}
