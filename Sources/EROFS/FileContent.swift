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

extension FileContent {
    /// Whether Linux has such a device: 12 bits of major and 20 of minor number (include/linux/kdev_t.h).
    var hasStorableNumbers: Bool {
        switch self {
        case .characterDevice(let major, let minor), .blockDevice(let major, let minor):
            major < 1 << 12 && minor < 1 << 20
        case .folder, .file, .symbolicLink, .pipe, .socket: true
        }
    }
}
