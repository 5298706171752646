/// A program from Debian that the store runs.
struct Tool: Sendable {
    let name: String
    /// The Debian package that brings it.
    let package: String

    static let bsdtar = Tool(name: "bsdtar", package: "libarchive-tools")
    static let gzip = Tool(name: "gzip", package: "gzip")
    static let zstd = Tool(name: "zstd", package: "zstd")
    static let mkfs = Tool(name: "mkfs.erofs", package: "erofs-utils")
    static let prlimit = Tool(name: "prlimit", package: "util-linux")
    static let sync = Tool(name: "sync", package: "coreutils")
}
