/// An image's name as people write it: `[domain/]path[:tag][@digest]`.
///
/// Short names mean what Docker makes of them: `busybox` is `docker.io/library/busybox:latest`, unless the
/// configuration names another default registry. The grammar is that of the distribution project's `reference` package.
package struct ImageReference: Hashable, Sendable {
    /// The registry, the default one where none was written.
    package let domain: String
    /// The repository inside the registry, such as `library/busybox`.
    package let path: String
    /// The tag; `latest` where neither tag nor digest was written, `nil` with a digest alone.
    package let tag: String?
    /// The manifest's digest that the name is pinned to.
    package let digest: Digest?

    /// Parses a name.
    ///
    /// - Parameter defaultDomain: the registry of names that name none. What is stored and sent is the canonical form,
    ///   so that a name means the same after this setting changes.
    /// - Throws: `.invalidArgument` naming the part that breaks the grammar.
    package init(_ text: String, defaultDomain: String = Self.defaultDomain) throws(ImageError) {
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
        let (domain, path) = Self.splitDomain(rest, default: defaultDomain)
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
    package var familiarName: String { familiarName(defaultDomain: Self.defaultDomain) }

    /// The shortest name that means this repository where names without a registry mean the given one.
    package func familiarName(defaultDomain: String) -> String {
        let whole = "\(domain)/\(path)"
        let library = "library/"
        let candidates = [path.hasPrefix(library) ? path.dropFirst(library.count) : path[...], path[...]]
        let short = candidates.first { Self.splitDomain($0, default: defaultDomain) == (domain, path) }
        return short.map { Digest(hex: $0) == nil ? String($0) : whole } ?? whole
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
