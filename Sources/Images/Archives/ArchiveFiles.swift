import OCI
import SystemPackage

/// The named files of an image archive, found without unpacking it.
struct ArchiveFiles: Sendable {
    private enum Place: Sendable {
        case folder(FilePath)
        case members([String: Member])
    }

    private enum Member: Sendable {
        case file(FileRegion)
        /// Old `docker save` archives name a layer that occurs twice by a link to the first.
        case link(String)
    }

    private let place: Place

    /// A folder that holds an OCI layout.
    init(folder: FilePath) {
        place = .folder(folder)
    }

    /// Reads the headers of a plain tar archive.
    init(tar: FilePath, limits: Limits, _ flag: CancellationFlag) throws {
        var members: [String: Member] = [:]
        var reader = try TarReader(tar)
        while let entry = try reader.next() {
            try flag.check()
            guard members.count < limits.entries else {
                throw ImageError(.refused, "\(tar) has more than \(limits.entries) entries")
            }
            let name = entry.components.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "/")
            members[name] = Self.member(entry, of: tar, name: name)
        }
        place = .members(members)
    }

    private static func member(_ entry: TarEntry, of tar: FilePath, name: String) -> Member? {
        let link = String(decoding: entry.link, as: UTF8.self)
        switch entry.kind {
        case .file:
            return .file(FileRegion(path: tar, offset: entry.data.lowerBound, length: Int64(entry.data.count)))
        case .hardLink:
            return .link(FilePath(link).lexicallyNormalized().string)
        case .symbolicLink:
            let folder = FilePath(name).removingLastComponent()
            return .link(folder.pushing(FilePath(link)).lexicallyNormalized().string)
        case .folder, .pipe, .characterDevice, .blockDevice:
            return nil
        }
    }

    /// Finds a file by name.
    func find(_ name: String) -> FileRegion? {
        switch place {
        case .folder(let folder):
            let path = folder.appending(
                name.split(separator: "/").map { FilePath.Component(String($0)) }.compactMap { $0 }
            )
            return File.regularSize(path).map { FileRegion(path: path, offset: 0, length: $0) }
        case .members(let members):
            var name = FilePath(name).lexicallyNormalized().string
            // A chain of links is refused: no tool writes one.
            if case .link(let target)? = members[name] { name = target }
            guard case .file(let region)? = members[name] else { return nil }
            return region
        }
    }

    /// Reads a small file that has to be there.
    func read(_ name: String, limit: Int64 = 8 << 20) throws(ImageError) -> [UInt8] {
        try require(name).read(limit: limit)
    }

    /// Finds a file that has to be there.
    func require(_ name: String) throws(ImageError) -> FileRegion {
        guard let region = find(name) else {
            throw ImageError(
                .badArchive,
                "the archive is incomplete: \(printable(name.utf8)) is missing (save the image again)"
            )
        }
        return region
    }
}
