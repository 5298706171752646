import Hypervisor

extension PoolConfiguration: Codable {
    /// Under this key a decoder's user info has the accelerator whose numbers hold where the file has none; else TCG's.
    package static let acceleratorKey = CodingUserInfoKey(rawValue: "apus.accelerator")

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    private static let shares = Key(stringValue: "sharesTemplates")

    /// Reads the settings that a file has; those that it does not have keep their defaults.
    ///
    /// - Throws: `PoolError` `.invalid` for a name that no setting has, or a value out of bounds.
    package init(from decoder: any Decoder) throws {
        let accelerator = Self.acceleratorKey.flatMap { decoder.userInfo[$0] as? Accelerator }
        self.init(for: accelerator ?? .tcg)
        let container = try decoder.container(keyedBy: Key.self)
        for key in container.allKeys {
            if key.stringValue == Self.shares.stringValue {
                sharesTemplates = try container.decode(Bool.self, forKey: key)
            } else if let setting = PoolSetting.all.first(where: { $0.name == key.stringValue }) {
                self[keyPath: setting.value] = try container.decode(Int.self, forKey: key)
            } else {
                throw PoolError(.invalid, "the pool has no setting \"\(key.stringValue)\" (remove it)")
            }
        }
        try validate()
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        for setting in PoolSetting.all {
            try container.encode(self[keyPath: setting.value], forKey: Key(stringValue: setting.name))
        }
        try container.encode(sharesTemplates, forKey: Self.shares)
    }

    /// Refuses numbers out of their bounds.
    package func validate() throws(PoolError) {
        for setting in PoolSetting.all where !setting.bounds.contains(self[keyPath: setting.value]) {
            let bounds = "\(setting.bounds.lowerBound) to \(setting.bounds.upperBound)"
            throw PoolError(
                .invalid,
                "pool setting \"\(setting.name)\" is \(self[keyPath: setting.value]) (give \(bounds))"
            )
        }
    }
}
