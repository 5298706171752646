package import SystemPackage

/// A prepared file system that holds one build of QEMU and nothing else, for `Jail`.
package struct JailRoot: Sendable, Hashable {
    /// The folder that becomes the root.
    package let path: FilePath
    /// The program, by its path in there.
    let executable: FilePath

    /// Where the sockets of a machine's disk servers are seen (see `VMDirectory.sockets`).
    static let sockets = FilePath("/").appending(VMDirectory.socketFolder)

    /// Makes the file system of a QEMU program, or finds it in the cache `<data>/jail/<key>`.
    ///
    /// Making it takes a tenth of a second, once for each build of QEMU and its libraries; finding it costs some
    /// hundred look-ups of files. File systems of other builds are removed when no process lives in them.
    package static func prepare(_ executable: FilePath, cache: FilePath) async throws -> JailRoot {
        try await JailRootCache(executable: executable, folder: cache).root()
    }
}
