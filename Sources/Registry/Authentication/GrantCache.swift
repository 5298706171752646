import Synchronization

/// The header fields that registries have accepted, so that each is earned once.
final class GrantCache: Sendable {
    /// A registry, an endpoint of it, and what is done there.
    struct Key: Hashable, Sendable {
        let registry: String
        let endpoint: String
        let scope: Scope
    }

    /// A value for `Authorization`.
    struct Grant: Sendable {
        let header: String
        /// `nil` means it does not expire.
        let expiry: ContinuousClock.Instant?
        /// Whether it stands for a user, not just for anyone.
        let isPersonal: Bool
    }

    private let grants = Mutex<[Key: Grant]>([:])

    /// A grant that still counts.
    func grant(_ key: Key, now: ContinuousClock.Instant) -> Grant? {
        grants.withLock { $0[key] }.flatMap { grant in
            grant.expiry.map { now < $0 } ?? true ? grant : nil
        }
    }

    func store(_ grant: Grant, _ key: Key) {
        grants.withLock { grants in
            if grants.count >= 1000 { grants.removeAll() }
            grants[key] = grant
        }
    }
}
