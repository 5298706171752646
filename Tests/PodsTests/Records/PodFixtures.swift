import SystemPackage
import TestSupport

@testable import Pods

extension PodRecord {
    static func sample(
        _ id: String = String(repeating: "a", count: 64),
        name: String = "web",
        created: Int64 = 1,
        change: (inout PodSpec) -> Void = { _ in }
    ) -> PodRecord {
        var spec = PodSpec(image: "busybox")
        change(&spec)
        return PodRecord(
            id: id,
            name: name,
            spec: spec,
            imageID: "sha256:" + String(repeating: "0", count: 64),
            commandLine: ["sh"],
            created: created
        )
    }
}

/// Gives work the pods of an empty node.
func withPodStore<Result>(_ body: (PodStore) async throws -> Result) async throws -> Result {
    try await withTemporaryFolder { folder in
        try await body(
            PodStore(
                node: NodeConfiguration(
                    root: folder.appending("root"),
                    runRoot: folder.appending("run"),
                    program: "/bin/false",
                    guest: "/bin/false"
                )
            )
        )
    }
}
