/// An image's name as people write it: `[domain/]path[:tag][@digest]`.
///
/// Short names mean what Docker makes of them: `busybox` is `docker.io/library/busybox:latest`. The grammar is that
/// of the distribution project's `reference` package.
package struct ImageReference: Hashable, Sendable {
    /// The registry, `docker.io` where none was written.
    package let domain: String
    /// The repository inside the registry, such as `library/busybox`.
    package let path: String
    /// The tag; `latest` where neither tag nor digest was written, `nil` with a digest alone.
    package let tag: String?
    /// The manifest's digest that the name is pinned to.
    package let digest: Digest?

    /// Parses a name.
    ///
    /// - Throws: `.invalidArgument` naming the part that breaks the grammar.
    package init(_ text: String) throws(ImageError) {
        var rest = Substring(text)
        var digest: Digest?
        if let at = rest.firstIndex(of: "@") {
            digest = try Digest(String(rest[rest.index(after: at)...]))
            rest = rest[..<at]
        }
        var tag: String?
        if let colon = rest.lastIndex(of: ":"), !rest[colon...].contains("/") {
            tag = String(rest[rest.index(after: colon)...])
            rest = rest[..<colon]
        }
        let (domain, path) = Self.splitDomain(rest)
        if let problem = Self.problem(name: rest, domain: domain, path: path, tag: tag) {
            throw ImageError(
                .invalidArgument,
                "\"\(printable(text.utf8))\" is not an image name: \(problem) (write name[:tag], such as busybox:1.36)"
            )
        }
        self.domain = domain
        self.path = path
        self.tag = tag ?? (digest == nil ? "latest" : nil)
        self.digest = digest
    }

    /// The repository as people write it: without `docker.io/` and `library/`.
    package var familiarName: String {
        guard domain == Self.defaultDomain else { return "\(domain)/\(path)" }
        let library = "library/"
        guard path.hasPrefix(library), !path.dropFirst(library.count).contains("/") else { return path }
        return String(path.dropFirst(library.count))
    }

    /// The whole name with nothing left out; the same image name always has the same canonical form.
    package var canonical: String { "\(domain)/\(path)\(suffix)" }

    private var suffix: String {
        (tag.map { ":\($0)" } ?? "") + (digest.map { "@\($0)" } ?? "")
    }
}

extension ImageReference: CustomStringConvertible, Comparable {
    package var description: String { familiarName + suffix }

    package static func < (left: ImageReference, right: ImageReference) -> Bool {
        left.canonical < right.canonical
    }
}
