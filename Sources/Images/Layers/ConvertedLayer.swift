import OCI

/// What one pass over a layer's bytes found out.
struct ConvertedLayer: Sendable, Codable {
    /// The digest of the plain bytes.
    let diffID: Digest
    /// The disk's length.
    let diskSize: Int64
    /// How many plain bytes there were.
    let uncompressedSize: Int64
    /// Entries of the archive, and folders that were made for them.
    let entries: Int
    /// Paths of folders that entries lie in and the layer has no entry for, sorted, without a slash at the front; the
    /// root's is empty.
    ///
    /// They are 0755 and root's in the disk; where a lower layer has such a folder, its attributes are meant.
    let implicitFolders: [[UInt8]]
    /// Whether the layer hides everything below it (an opaque root folder), which no mark in the disk can say.
    let hidesLowerLayers: Bool
}
