import OCI
import Testing

@Suite("Image names")
struct ImageReferenceTests {
    static let hex = String(repeating: "0123456789abcdef", count: 4)

    @Test(
        "a name is completed as Docker completes it",
        arguments: [
            ("busybox", "docker.io/library/busybox:latest", "busybox:latest"),
            ("busybox:1.36", "docker.io/library/busybox:1.36", "busybox:1.36"),
            ("user/app", "docker.io/user/app:latest", "user/app:latest"),
            ("docker.io/busybox", "docker.io/library/busybox:latest", "busybox:latest"),
            ("index.docker.io/library/busybox", "docker.io/library/busybox:latest", "busybox:latest"),
            ("docker.io/library/a/b", "docker.io/library/a/b:latest", "library/a/b:latest"),
            ("localhost/app", "localhost/app:latest", "localhost/app:latest"),
            ("localhost:5000/app:v1", "localhost:5000/app:v1", "localhost:5000/app:v1"),
            ("localhost:5000", "docker.io/library/localhost:5000", "localhost:5000"),
            ("quay.io/a/b/c:T_1.x-y", "quay.io/a/b/c:T_1.x-y", "quay.io/a/b/c:T_1.x-y"),
            ("[::1]:5000/app", "[::1]:5000/app:latest", "[::1]:5000/app:latest"),
            ("UPPER/app", "UPPER/app:latest", "UPPER/app:latest"),
            ("a--b_c__d.e", "docker.io/library/a--b_c__d.e:latest", "a--b_c__d.e:latest"),
            ("app@sha256:\(hex)", "docker.io/library/app@sha256:\(hex)", "app@sha256:\(hex)"),
            ("app:1@sha256:\(hex)", "docker.io/library/app:1@sha256:\(hex)", "app:1@sha256:\(hex)"),
        ]
    )
    func completes(text: String, canonical: String, familiar: String) throws {
        let reference = try ImageReference(text)
        #expect(reference.canonical == canonical)
        #expect(reference.description == familiar)
        #expect(try ImageReference(canonical) == reference)
        #expect(try ImageReference(familiar) == reference)
    }

    @Test(
        "names without a registry belong to the default one, with library/ only on Docker's",
        arguments: [
            ("app", "registry.example:5000/app:latest", "app:latest"),
            ("team/app:1", "registry.example:5000/team/app:1", "team/app:1"),
            ("library/app", "registry.example:5000/library/app:latest", "library/app:latest"),
            ("registry.example:5000/a.b/c", "registry.example:5000/a.b/c:latest", "registry.example:5000/a.b/c:latest"),
            ("registry.example:5000/\(hex):1", "registry.example:5000/\(hex):1", "registry.example:5000/\(hex):1"),
            ("docker.io/app", "docker.io/library/app:latest", "docker.io/library/app:latest"),
            ("index.docker.io/app", "docker.io/library/app:latest", "docker.io/library/app:latest"),
            ("localhost/app", "localhost/app:latest", "localhost/app:latest"),
            ("app@sha256:\(hex)", "registry.example:5000/app@sha256:\(hex)", "app@sha256:\(hex)"),
        ]
    )
    func defaultDomain(text: String, canonical: String, short: String) throws {
        let domain = "registry.example:5000"
        let reference = try ImageReference(text, defaultDomain: domain)
        #expect(reference.canonical == canonical)
        #expect(try ImageReference(canonical) == reference)
        #expect(try ImageReference(canonical, defaultDomain: domain) == reference)
        #expect(short.hasPrefix(reference.familiarName(defaultDomain: domain)))
        #expect(try ImageReference(short, defaultDomain: domain) == reference)
    }

    @Test("a name on Docker's registry that would mean another one when shortened stays whole")
    func familiarIsUnambiguous() throws {
        #expect(try ImageReference("docker.io/a.b/c").description == "docker.io/a.b/c:latest")
        #expect(try ImageReference("docker.io/localhost/c").description == "docker.io/localhost/c:latest")
    }

    @Test(
        "a registry is what an image name can begin with",
        arguments: [
            ("docker.io", true), ("localhost", true), ("h:1", true), ("10.0.0.1", true), ("[::1]", true),
            ("[::1]:5000", true), ("host", false), ("a.b/c", false), ("", false), ("a..b", false), ("-a.b", false),
            ("https://a.b", false), ("u@a.b", false), (String(repeating: "a.", count: 130) + "b", false),
        ]
    )
    func isRegistry(text: String, expected: Bool) {
        #expect(ImageReference.isRegistry(text) == expected)
    }

    @Test("the parts are kept")
    func parts() throws {
        let reference = try ImageReference("host:1/a/b:tag@sha256:\(Self.hex)")
        #expect(reference.domain == "host:1")
        #expect(reference.path == "a/b")
        #expect(reference.tag == "tag")
        #expect(reference.digest?.hex == Self.hex)
        #expect(reference.familiarName == "host:1/a/b")
    }

    @Test(
        "a bad name is refused with its reason",
        arguments: [
            ("", "empty"), (":tag", "empty"), ("Busybox", "capital"), ("a//b", "a part"), ("a/", "a part"),
            ("-a", "a part"), ("a-", "a part"), ("a___b", "a part"), ("a..b", "a part"), ("a b", "a part"),
            ("a:", "tag"), ("a:.x", "tag"), ("a:\(String(repeating: "x", count: 129))", "tag"),
            ("a@sha256:123", "digest"), ("a@md5:abc", "digest"), (hex, "image id"), ("ho_st.x/a", "host name"),
            ("host:port/a", "host name"), ("[::1/a.b/c", "host name"), ("../etc", "host name"),
            (String(repeating: "a/", count: 130) + "a", "255"), ("a\u{1B}[31m", "a part"),
        ]
    )
    func refuses(text: String, reason: String) {
        let error = #expect(throws: ImageError.self) { try ImageReference(text) }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
        #expect(error?.message.contains("\u{1B}") == false)
    }
}

@Suite("Digests")
struct DigestTests {
    @Test("a digest is the SHA-256 of the bytes")
    func hashes() throws {
        let empty = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        #expect(Digest(hashing: []).description == empty)
        #expect(try Digest(empty) == Digest(hashing: []))
    }

    @Test(
        "what is no digest is refused",
        arguments: ["", "sha256:", "sha256:ABC", "sha512:00", String(repeating: "a", count: 64), "sha256:../../x"]
    )
    func refuses(text: String) {
        #expect(throws: ImageError.self) { try Digest(text) }
    }
}
