import FoundationEssentials
import SystemPackage

extension File {
    /// The bytes that a file, or all files in a folder, take on the disk; holes take none.
    static func allocated(in path: FilePath) -> Int64 {
        guard let status = try? path.stat(followTargetSymlink: false) else { return 0 }
        // The kernel counts in units of 512 bytes, whatever the file system's block (stat(2)).
        let own = Int64(status.blocksAllocated) * 512
        guard status.type == .directory else { return own }
        return names(in: path).reduce(own) { $0 + allocated(in: path.appending($1)) }
    }
}
