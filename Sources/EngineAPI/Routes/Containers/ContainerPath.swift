import FoundationEssentials
import Hummingbird
import OCI

/// A path in a container, as the query of `archive` names it.
struct ContainerPath: Sendable {
    /// Absolute, without a slash at the end.
    let text: String

    /// The part behind the last slash; of the root the slash itself.
    var name: String { text.split(separator: "/").last.map(String.init) ?? "/" }

    /// Reads the query's path.
    init(_ query: EngineQuery) throws(EngineError) {
        guard let path = query["path"], !path.isEmpty, path.utf8.count < 4000, !path.utf8.contains(0) else {
            throw EngineError(.badRequest, "the query has no proper path (give path=/file)")
        }
        let parts = path.split(separator: "/").filter { $0 != "." }
        text = "/" + parts.joined(separator: "/")
    }

    private init(text: String) { self.text = text }

    /// A path below this one, as an archive's member names it.
    ///
    /// - Returns: `nil` for the folder itself.
    /// - Throws: for a path that leads out of the folder.
    func appending(_ member: String) throws(EngineError) -> ContainerPath? {
        let parts = member.split(separator: "/").filter { $0 != "." }
        guard !parts.contains("..") else {
            throw EngineError(.badRequest, "the archive has a path that leads out of its folder")
        }
        guard !parts.isEmpty else { return nil }
        return ContainerPath(text: (text == "/" ? "" : text) + "/" + parts.joined(separator: "/"))
    }

    /// Go's bit of a folder in its file modes.
    private static let folder: Int64 = 1 << 31

    /// What `docker cp` reads before it copies; modes and times of a container's files are not known here.
    func headers(size: UInt64?) throws -> HTTPFields {
        let mode: Int64 = size == nil ? Self.folder | 0o755 : 0o644
        let status: JSONValue = [
            "name": .string(name), "size": .number(size ?? 4096), "mode": .integer(mode),
            "mtime": .string(EngineTime.text(0)), "linkTarget": "",
        ]
        var headers = HTTPFields()
        headers.set("X-Docker-Container-Path-Stat", Data(try JSONFile.encode(status)).base64EncodedString())
        return headers
    }
}
