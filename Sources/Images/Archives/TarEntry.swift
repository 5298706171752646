import OCI

/// One member of a tar archive.
struct TarEntry {
    /// What a member is.
    enum Kind: Equatable {
        case file, hardLink, symbolicLink, characterDevice, blockDevice, folder, pipe
    }

    /// The name, as written; bytes because Linux names need not be text.
    var path: [UInt8]
    /// Where a link points to.
    var link: [UInt8] = []
    var kind: Kind
    var mode: Int64 = 0
    var userID: Int64 = 0
    var groupID: Int64 = 0
    var modified: Int64 = 0
    /// Bytes once unpacked; more than stored for a sparse file.
    var size: Int64 = 0
    /// The member in the archive: extension headers, header, data and padding.
    var span: Range<Int64> = 0..<0
    /// Its data in the archive.
    var data: Range<Int64> = 0..<0

    /// The name's parts without `.`; the root folder has none.
    var components: [ArraySlice<UInt8>] {
        path.split(separator: UInt8(ascii: "/")).filter { !$0.elementsEqual(".".utf8) }
    }

    /// Whether this is the archive's root folder itself.
    var isRoot: Bool { kind == .folder && components.isEmpty }

    /// The name in a form that fits in a message.
    var printableName: String { printable(path) }
}
