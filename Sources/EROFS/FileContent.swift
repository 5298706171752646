/// What a file is.
package enum FileContent: Sendable, Hashable {
    case folder
    case file(FileData)
    case symbolicLink([UInt8])
    case characterDevice(major: UInt32, minor: UInt32)
    case blockDevice(major: UInt32, minor: UInt32)
    case pipe
    case socket
}

/// Where a file's bytes are on the disk that is being written.
package struct FileData: Sendable, Hashable {
    enum Place: Hashable {
        /// One after the other from this block on.
        case contiguous(block: UInt32)
        /// In chunks of `Format.chunkSize`, each at its block, or nowhere: then it reads as zeros.
        case chunks([UInt32])
    }

    /// Bytes, holes included.
    package let size: Int64
    let place: Place

    /// A file without content.
    package static let empty = FileData(size: 0, place: .contiguous(block: 0))
}
