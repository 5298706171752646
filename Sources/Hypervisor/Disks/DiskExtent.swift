package import SystemPackage

/// A piece of a disk that consists of several.
package enum DiskExtent: Sendable, Hashable {
    /// So many bytes of a file, from its start; a multiple of 512.
    case file(FilePath, size: Int64)
    /// These bytes; a multiple of 512.
    case bytes([UInt8])

    var size: Int64 {
        switch self {
        case .file(_, let size): size
        case .bytes(let bytes): Int64(bytes.count)
        }
    }
}
