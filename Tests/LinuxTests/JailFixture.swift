import Foundation
import Linux
import SystemPackage
import TestSupport
import Testing

/// What the kernel says of a process.
enum JailFixture {
    static var isRoot: Bool { geteuid() == 0 }

    struct Mount {
        let place: String
        let options: Set<Substring>
    }

    static func status(of pid: Int32) throws -> [String: [String]] {
        var fields: [String: [String]] = [:]
        for line in try ProcFile.read(FilePath("/proc/\(pid)/status")).lines {
            let parts = line.split(separator: ":", maxSplits: 1)
            fields[String(parts[0])] = parts[1].split(whereSeparator: \.isWhitespace).map(String.init)
        }
        return fields
    }

    /// The mounts that a process sees, by their place.
    static func mounts(of pid: Int32) throws -> [Mount] {
        try ProcFile.read(FilePath("/proc/\(pid)/mountinfo")).lines.map { line in
            let fields = line.split(separator: " ")
            return Mount(place: String(fields[4]), options: Set(fields[5].split(separator: ",")))
        }.sorted { $0.place < $1.place }
    }

    static func link(_ path: String) throws -> String {
        try FileManager.default.destinationOfSymbolicLink(atPath: path)
    }

    static func names(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    }
}

/// Gives work a root with a shell, `cat` and `sleep`, and an empty folder `data`.
func withJailRoot(_ body: (FilePath) async throws -> Void) async throws {
    let script = """
        cd "$0" && mkdir proc dev data && chmod 755 .
        for file in /bin/sh /bin/cat /bin/sleep; do echo $file; ldd $file | grep -o '/[^ ]*'; done | sort -u |
            xargs -I{} cp -L --parents {} .
        """
    try await withTemporaryFolder { root in
        let plan = SpawnPlan("/bin/sh", ["-c", script, root.string], environment: ["PATH=/usr/bin:/bin"])
        let child = try ChildProcess.spawn(plan)
        try #require(try await child.waitForExit(timeout: .seconds(10)) == .exited(0))
        try await body(root)
    }
}

/// Runs a body while a jailed process sleeps.
func withSleeper(in jail: Jail, _ body: (Int32) async throws -> Void) async throws {
    var plan = SpawnPlan("/bin/sleep", ["60"])
    (plan.jail, plan.noNewPrivileges) = (jail, true)
    let child = try ChildProcess.spawn(plan)
    let result: Result<Void, any Error>
    do { result = .success(try await body(child.identity.pid)) } catch { result = .failure(error) }
    try child.kill()
    #expect(try await child.waitForExit(timeout: .seconds(10)) == .signaled(9))
    try result.get()
}

/// What a shell script prints in a jail.
func output(of script: String, in jail: Jail) async throws -> String {
    try await withTemporaryFolder { folder in
        let output = try OwnedFD.open(folder.appending("out"), .readWrite, options: .create)
        var plan = SpawnPlan("/bin/sh", ["-c", script], environment: ["PATH=/bin"])
        plan.descriptors = [.init(source: output.rawValue, target: 1)]
        (plan.jail, plan.noNewPrivileges) = (jail, true)
        let child = try ChildProcess.spawn(plan)
        _ = try await child.waitForExit(timeout: .seconds(10))
        return try ProcFile.read(folder.appending("out"))
    }
}

func output(of script: String, in root: FilePath) async throws -> String {
    try await output(of: script, in: Jail(root: root))
}

extension String {
    var lines: [String] { split(separator: "\n").map(String.init) }
}
