/// A version of the Docker Engine API, such as 1.47.
package struct APIVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The oldest version that is served: Docker's own daemons have ended older ones.
    package static let oldest = APIVersion(minor: 24)
    /// The newest version that is served, and the one that a path without a version means.
    package static let newest = APIVersion(minor: 47)

    /// The number behind "1."; every version that there has been is a 1.
    package let minor: Int

    private init(minor: Int) { self.minor = minor }

    /// Reads a path's first part, such as "v1.41"; `nil` for what is not a version, served or not.
    package init?(pathComponent text: some StringProtocol) {
        guard text.hasPrefix("v1.") else { return nil }
        let digits = text.dropFirst(3)
        guard (1...3).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let minor = Int(digits)
        else { return nil }
        self.minor = minor
    }

    /// Why requests of this version are not served, in the words that Docker's clients look for; `nil` when they are.
    package var refusal: String? {
        if self < Self.oldest {
            return "client version \(self) is too old. Minimum supported API version is \(Self.oldest), "
                + "please upgrade your client to a newer version"
        }
        if self > Self.newest {
            return "client version \(self) is too new. Maximum supported API version is \(Self.newest)"
        }
        return nil
    }

    package var description: String { "1.\(minor)" }

    package static func < (left: Self, right: Self) -> Bool { left.minor < right.minor }
}
