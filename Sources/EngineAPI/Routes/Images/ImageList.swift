import FoundationEssentials
import Hummingbird
import Images
import OCI

import enum Pods.Timestamp

/// The answer of `GET /images/json`.
struct ImageList {
    private static let filters: Set<String> = [
        "before", "dangling", "label", "label!", "reference", "since", "until",
    ]

    private let store: ImageStore
    private let filters: EngineFilters
    private let naming: ImageNaming
    private let version: APIVersion
    private let wantsShared: Bool

    init(_ store: ImageStore, _ query: EngineQuery, _ version: APIVersion) throws(EngineError) {
        self.store = store
        self.version = version
        filters = try EngineFilters(query, known: Self.filters)
        naming = ImageNaming(defaultDomain: store.defaultDomain)
        wantsShared = query.flag("shared-size")
    }

    /// Lists the images; it reads the store.
    func summaries() throws -> [ImageSummary] {
        let shared = wantsShared ? try Self.shared(store) : nil
        let isDangling = try filters.flag("dangling")
        let dates = try Dates(filters, store)
        return try store.list().compactMap { image in
            guard dates.allow(image), filters.allowsLabels(image.configuration.labels) else { return nil }
            if let isDangling, isDangling != image.references.isEmpty { return nil }
            let names = image.references.filter(isWanted)
            guard !filters.has("reference") || !names.isEmpty else { return nil }
            var summary = ImageSummary(image, names, naming, version)
            if let shared { summary.sharedSize = shared[image.id] ?? 0 }
            return summary
        }
    }

    private static func shared(_ store: ImageStore) throws -> [Digest: Int64] {
        Dictionary(try store.usage().images.map { ($0.image.id, $0.shared) }, uniquingKeysWith: { $1 })
    }

    private func isWanted(_ name: ImageReference) -> Bool {
        filters.allows("reference") { pattern in
            Glob.matches(pattern, naming.text(name)) || Glob.matches(pattern, naming.repository(name))
        }
    }

    /// Between which moments an image must have been built.
    private struct Dates {
        let after: [Double]
        let before: [Double]

        init(_ filters: EngineFilters, _ store: ImageStore) throws {
            after = try filters["since"].map { try Self.created($0, store) }
            let limits = try filters["until"].map { text in
                Double(try EngineTime.parse(text, name: "until", now: Timestamp.now)) / 1_000_000_000
            }
            before = try filters["before"].map { try Self.created($0, store) } + limits
        }

        private static func created(_ name: String, _ store: ImageStore) throws -> Double {
            try store.image(name).created?.timeIntervalSince1970 ?? 0
        }

        func allow(_ image: Image) -> Bool {
            let created = image.created?.timeIntervalSince1970 ?? 0
            return after.allSatisfy { created > $0 } && before.allSatisfy { created < $0 }
        }
    }
}
