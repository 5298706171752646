/// Bytes that can be read like a disk: by position, in any order, by many at a time.
package protocol BlockSource: Sendable {
    /// The number of bytes.
    var size: Int64 { get }

    /// Reads exactly these bytes.
    ///
    /// - Parameter range: lies within the source's bytes.
    func read(_ range: Range<Int64>) async throws -> [UInt8]
}
