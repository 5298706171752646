import Synchronization

extension QEMUMachine {
    func attachDisk(_ disk: DiskAttachment) async throws {
        try disk.validate()
        let slot = try slots.withLock { try $0.take(disk.id) }
        do {
            try await handOver(disk, slot)
            try await plug(disk, slot)
        } catch {
            await takeBack(DescriptorSets.disk(target: slot))
            slots.withLock { $0.release(disk.id) }
            throw Self.explain(error, "attach disk \"\(disk.id)\"")
        }
    }

    func detachDisk(_ id: String) async throws {
        let slot = try slots.withLock { try $0.slot(of: id) }
        do {
            try await unplug(DiskSlots.device(slot, id))
            try await monitor.execute(QMPRemoveBlockDevice(name: DiskSlots.node(slot)))
            await takeBack(DescriptorSets.disk(target: slot))
        } catch {
            throw Self.explain(error, "detach disk \"\(id)\"")
        }
        slots.withLock { $0.release(id) }
    }

    private func handOver(_ disk: DiskAttachment, _ slot: Int) async throws {
        let files = try await blocking { try HandedFiles(disk, target: slot) }
        for file in files.files { try await handOver(file) }
        withExtendedLifetime(files) {}
    }

    /// Gives QEMU an open file, with a command of its own, as QEMU keeps no more than came last.
    func handOver(_ file: HandedFiles.File) async throws {
        try await monitor.execute(QMPAddDescriptor(set: file.set, label: file.label), passing: file.descriptor)
    }

    /// Closes a file that QEMU was given, if it is there; a machine that has ended has closed everything.
    func takeBack(_ set: Int) async {
        _ = try? await monitor.execute(QMPRemoveDescriptors(set: set))
    }

    private func plug(_ disk: DiskAttachment, _ slot: Int) async throws {
        try await monitor.execute(QMPAddBlockDevice(node: BlockNode(disk, slot: slot)))
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
