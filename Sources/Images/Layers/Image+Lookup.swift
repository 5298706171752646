import EROFS
import SystemPackage

extension Image {
    /// Whether a path is there before a container changes anything.
    ///
    /// A layer's mark of a deletion counts as a file, as the disks do not tell the two apart cheaply.
    ///
    /// - Parameter path: its parts, from the root on.
    /// - Throws: when a disk is not on this machine as a whole and the part in question is missing.
    package func contains(_ path: [String]) throws -> Bool {
        let parts = path.map { Array($0.utf8) }
        for layer in layers.reversed() {
            switch try DiskReader(layer.disk).find(parts) {
            case .folder, .other: return true
            case .nothing(let hidesLower): if hidesLower { return false }
            }
        }
        return false
    }
}
