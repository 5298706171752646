import Linux
import OCI
import SystemPackage

extension File {
    /// Writes a small file that is wholly there or not at all, whatever instant the machine stops at.
    static func writeAtomically(_ bytes: [UInt8], to path: FilePath) throws(ImageError) {
        do { try AtomicFile.write(bytes, to: path) } catch { throw .system("write \(path)", error) }
    }

    /// Waits until a file's bytes are on the disk.
    static func synchronize(_ path: FilePath) throws(ImageError) {
        do { try AtomicFile.synchronize(path) } catch { throw .system("write \(path)", error) }
    }

    /// Renames a file, in place of one that may have that name already.
    static func replace(_ target: FilePath, with path: FilePath) throws(ImageError) {
        do { try AtomicFile.rename(path, to: target) } catch { throw .system("move \(path) to \(target)", error) }
    }

    /// Whether anything has this name, a dangling link included.
    static func exists(_ path: FilePath) -> Bool {
        (try? path.stat(followTargetSymlink: false)) != nil
    }
}
