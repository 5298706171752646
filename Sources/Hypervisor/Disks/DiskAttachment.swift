package import SystemPackage

/// What a virtual machine sees as a disk.
package struct DiskAttachment: Sendable, Hashable {
    /// Where the disk's bytes come from.
    package enum Content: Sendable, Hashable {
        /// The host's file, byte by byte.
        case file(FilePath)
        /// What a Network Block Device server serves; the name of its socket in the machine's `VMDirectory.sockets`.
        case server(socket: String)
    }

    /// What the disk is called when it is to be detached.
    package var id: String
    /// Where its bytes come from.
    package var content: Content
    /// How the guest recognises it (`vpd_pg80`): 1 to 36 letters, digits, `-`, `_` and `.`.
    package var serial: String
    /// Whether the guest may only read; the files of such a disk may be attached to many machines at once.
    package var readOnly: Bool

    /// Describes a disk.
    package init(id: String, content: Content, serial: String, readOnly: Bool) {
        self.id = id
        self.content = content
        self.serial = serial
        self.readOnly = readOnly
    }

    /// Describes a file as a disk.
    package init(id: String, path: FilePath, serial: String, readOnly: Bool) {
        self.init(id: id, content: .file(path), serial: serial, readOnly: readOnly)
    }

    func validate() throws {
        guard VMConfiguration.isName(id) else {
            throw HypervisorError(.invalid, "disk name \"\(id)\" is not 1-64 letters, digits, - _ or .")
        }
        // QEMU 7.2 cuts the serial number of a SCSI disk to 36 characters without a word.
        guard VMConfiguration.isName(serial), serial.utf8.count <= 36 else {
            throw HypervisorError(
                .invalid,
                "serial \"\(serial)\" of disk \"\(id)\" is not 1-36 letters, digits, - _ or ."
            )
        }
        guard case .server(let socket) = content, !VMConfiguration.isName(socket) else { return }
        throw HypervisorError(.invalid, "socket \"\(socket)\" of disk \"\(id)\" is not 1-64 letters, digits, - _ or .")
    }
}
