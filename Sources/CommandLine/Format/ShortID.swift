/// Ids as lists show them.
package enum ShortID {
    /// The first twelve characters, without an algorithm's name such as `sha256:`.
    package static func of(_ id: String) -> String {
        let digits = id.split(separator: ":", maxSplits: 1).last ?? ""
        return String(digits.prefix(12))
    }
}
