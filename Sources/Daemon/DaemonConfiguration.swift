import FoundationEssentials
package import Hypervisor
package import Pool
package import SystemPackage
import Yams

/// What the daemon's configuration file says.
package struct DaemonConfiguration: Sendable, Decodable {
    /// Templates and idle machines.
    package var pool: PoolConfiguration

    /// Where the Docker Engine API is served.
    package var engine = EngineSettings()

    private enum Key: String, CodingKey, CaseIterable { case pool, engine }

    /// Where the file is unless somebody names another.
    package static let standardPath = FilePath("/etc/apus/apusd.yaml")

    /// A file of this size is none of ours.
    private static let bound = 1 << 20

    /// The defaults for an accelerator.
    package init(for accelerator: Accelerator) {
        pool = PoolConfiguration(for: accelerator)
    }

    package init(from decoder: any Decoder) throws {
        let known = Set(Key.allCases.map(\.rawValue))
        for name in try decoder.container(keyedBy: AnyKey.self).allKeys.map(\.stringValue) where !known.contains(name) {
            throw PoolError(.invalid, "the daemon has no setting \"\(name)\" (remove it)")
        }
        let values = try decoder.container(keyedBy: Key.self)
        let accelerator = PoolConfiguration.acceleratorKey.flatMap { decoder.userInfo[$0] as? Accelerator }
        pool =
            try values.decodeIfPresent(PoolConfiguration.self, forKey: .pool)
            ?? PoolConfiguration(for: accelerator ?? .tcg)
        engine = try values.decodeIfPresent(EngineSettings.self, forKey: .engine) ?? EngineSettings()
    }

    /// Sets how many machines wait, for a shape and for images.
    package mutating func keepReady(_ count: Int) throws {
        pool.machinesPerShape = count
        pool.imageMachines = count
        try pool.validate()
    }

    /// Reads the file that was named, or the standard one if it is there.
    ///
    /// - Parameter accelerator: whose numbers hold where the file has none.
    /// - Throws: a sentence that names the file and what is wrong in it.
    package static func load(_ named: FilePath?, for accelerator: Accelerator) throws -> DaemonConfiguration {
        let path = named ?? standardPath
        guard named != nil || FileManager.default.fileExists(atPath: path.string) else { return Self(for: accelerator) }
        guard let content = try? Data(contentsOf: URL(filePath: path.string)), content.count <= bound else {
            throw PoolError(.invalid, "configuration file \(path) cannot be read (is it there, and less than 1 MiB?)")
        }
        guard content.contains(where: { !UInt8.whitespace.contains($0) }) else { return Self(for: accelerator) }
        do {
            let info = PoolConfiguration.acceleratorKey.map { [$0: accelerator as any Sendable] } ?? [:]
            return try YAMLDecoder().decode(Self.self, from: content, userInfo: info)
        } catch let error as PoolError {
            throw PoolError(.invalid, "configuration file \(path): \(error.message)")
        } catch {
            throw PoolError(.invalid, "configuration file \(path): \(Self.explain(error))")
        }
    }

    private static func explain(_ error: any Error) -> String {
        switch error {
        case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context),
            DecodingError.keyNotFound(_, let context), DecodingError.dataCorrupted(let context):
            let place = context.codingPath.map(\.stringValue).joined(separator: ".")
            return (place.isEmpty ? "" : "setting \"\(place)\": ") + (inner(context) ?? context.debugDescription)
        default: return "\(error)"
        }
    }

    /// What a setting's own check has to say comes wrapped.
    private static func inner(_ context: DecodingError.Context) -> String? {
        (context.underlyingError as? PoolError)?.message
    }

    /// Any key of a section, known or not.
    struct AnyKey: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}

extension UInt8 {
    fileprivate static let whitespace: Set<UInt8> = [0x20, 0x09, 0x0a, 0x0d]
}
