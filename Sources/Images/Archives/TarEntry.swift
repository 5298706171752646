import EROFS
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
    var permissions: UInt16 = 0
    var userID: Int64 = 0
    var groupID: Int64 = 0
    /// Seconds since 1970, and the nanoseconds after them.
    var modified: Int64 = 0
    var modifiedNanoseconds: UInt32 = 0
    /// The number of a device.
    var major: Int64 = 0
    var minor: Int64 = 0
    /// Extended attributes, access control lists included, sorted by name, each once.
    var extended: [ExtendedAttribute] = []
    /// Bytes once unpacked; more than stored for a sparse file.
    var size: Int64 = 0
    /// Its data in the archive.
    var data: Range<Int64> = 0..<0
    /// Where the data belongs in a file with holes.
    var sparse: TarSparse?

    /// The name's parts without `.`; the root folder has none.
    var components: [ArraySlice<UInt8>] { Self.components(path) }

    /// Whether this is the archive's root folder itself.
    var isRoot: Bool { kind == .folder && components.isEmpty }

    /// The name in a form that fits in a message.
    var printableName: String { printable(path) }

    /// The parts of a path without `.`.
    static func components(_ path: [UInt8]) -> [ArraySlice<UInt8>] {
        path.split(separator: UInt8(ascii: "/")).filter { !$0.elementsEqual(".".utf8) }
    }
}
