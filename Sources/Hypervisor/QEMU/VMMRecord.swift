import FoundationEssentials
import Linux

/// Which process a virtual machine is, as written in its folder.
struct VMMRecord: Codable, Sendable, Hashable {
    /// The machine's name, which is also its control group's.
    let id: String
    /// The boot of the host that the process belongs to.
    let bootID: String
    /// The process.
    let process: ProcessIdentity

    func write(to directory: VMDirectory) throws {
        // The process does not survive a power cut, so that its record need not either.
        try AtomicFile.write(JSONEncoder().encode(self), to: directory.record, durable: false)
    }

    /// Reads a record; `nil` if there is none, or none that can be read: nothing was ever reported as started then.
    static func read(from directory: VMDirectory) -> VMMRecord? {
        guard let bytes = try? WholeFile.read(directory.record, limit: 64 << 10) else { return nil }
        return try? JSONDecoder().decode(VMMRecord.self, from: Data(bytes))
    }
}
