package import SystemPackage

/// A layer of an image as a file of the host, which nobody writes to and many machines may have.
package struct LayerFile: Sendable, Hashable {
    /// Where it is.
    package var path: FilePath
    /// Its length in bytes, a multiple of 512.
    package var size: Int64

    /// Names a file and the length that it must have.
    package init(_ path: FilePath, size: Int64) {
        self.path = path
        self.size = size
    }
}
