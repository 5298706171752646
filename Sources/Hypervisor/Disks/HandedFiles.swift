import Linux

/// Open files that QEMU is to get, as long as this object lives.
///
/// QEMU gets these instead of paths: it sees no file system to find a path in, and can open nothing but what it is given.
final class HandedFiles: Sendable {
    struct File: Sendable, Hashable {
        /// Its number in `DescriptorSets`.
        let set: Int
        let descriptor: Int32
        /// What QEMU is to remember of it.
        let label: String?
    }

    /// The files, in the order in which they were opened.
    let files: [File]

    /// Opens files one by one; if one cannot be opened, the others are closed.
    init(_ open: (_ add: (Int, consuming OwnedFD, String?) -> Void) throws -> Void) throws {
        var files: [File] = []
        do {
            try open { files.append(File(set: $0, descriptor: $1.release(), label: $2)) }
        } catch {
            for file in files { _ = OwnedFD(taking: file.descriptor) }
            throw error
        }
        self.files = files
    }

    deinit { for file in files { _ = OwnedFD(taking: file.descriptor) } }
}
