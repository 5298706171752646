import Linux
package import SystemPackage

/// A file that a virtual machine sees as a disk.
package struct DiskAttachment: Sendable, Hashable {
    /// How the file's bytes make a disk.
    package enum Format: String, Sendable, Hashable {
        /// Byte by byte.
        case raw
        /// A VMDK descriptor that joins other files into one disk.
        case vmdk
        /// The socket of a Network Block Device server in this file system; the disk's bytes are as in `raw`.
        case nbd
    }

    /// What the disk is called when it is to be detached.
    package var id: String
    /// The host's file.
    package var path: FilePath
    /// How the guest recognises it (`vpd_pg80`): 1 to 36 letters, digits, `-`, `_` and `.`.
    package var serial: String
    /// Whether the guest may only read; such a file may be attached to many machines at once.
    package var readOnly: Bool
    /// How the file's bytes make a disk.
    package var format: Format

    /// Describes a disk.
    package init(id: String, path: FilePath, serial: String, readOnly: Bool, format: Format = .raw) {
        self.id = id
        self.path = path
        self.serial = serial
        self.readOnly = readOnly
        self.format = format
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
        try validateFile()
    }

    private func validateFile() throws {
        guard let status = try? FileStatus(path) else {
            throw HypervisorError(.missing, "file \(path) of disk \"\(id)\" is not there")
        }
        guard status.isRegular else { return }
        guard status.size > 0, format != .raw || status.size % 512 == 0 else {
            throw HypervisorError(.invalid, "file \(path) of disk \"\(id)\" is truncated: it has \(status.size) bytes")
        }
    }
}
