/// Something that happened in a virtual machine, with the few details that Apus acts on.
struct QMPEvent: Sendable, Hashable {
    /// Its name, such as `SHUTDOWN`.
    let name: String
    /// Its details; fields of unexpected types count as absent.
    let details: Details?

    /// The union of the fields of all events that matter here.
    struct Details: Sendable, Hashable, Decodable {
        /// Why the machine was shut down.
        var reason: String?
        /// Which device was removed.
        var device: String?
        /// How far a migration has come.
        var status: String?
        /// Which port changed.
        var id: String?
        /// Whether that port is open in the guest now.
        var open: Bool?

        private enum Key: String, CodingKey { case reason, device, status, id, open }

        init(
            reason: String? = nil,
            device: String? = nil,
            status: String? = nil,
            id: String? = nil,
            open: Bool? = nil
        ) {
            (self.reason, self.device, self.status) = (reason, device, status)
            (self.id, self.open) = (id, open)
        }

        init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: Key.self)
            reason = try? values.decode(String.self, forKey: .reason)
            device = try? values.decode(String.self, forKey: .device)
            status = try? values.decode(String.self, forKey: .status)
            id = try? values.decode(String.self, forKey: .id)
            open = try? values.decode(Bool.self, forKey: .open)
        }
    }
}
