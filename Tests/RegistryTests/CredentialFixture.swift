import Foundation
import OCI
import Registry
import SystemPackage
import TestSupport

/// A user's home for credentials: `config.json`, podman's file, and a folder of helpers.
struct CredentialFixture: Sendable {
    let folder: FilePath

    var home: FilePath { folder.appending("docker") }
    var config: FilePath { home.appending("config.json") }
    var podman: FilePath { folder.appending("podman.json") }

    var store: CredentialStore { store() }

    func store(timeLimit: Duration = .seconds(30)) -> CredentialStore {
        CredentialStore(
            folder: home,
            fallback: podman,
            searchPath: [folder.appending("none"), folder.appending("bin")],
            environment: ["PATH": "/usr/bin:/bin", "STATE": folder.string],
            helperTimeLimit: timeLimit
        )
    }

    static func with(_ body: (CredentialFixture) async throws -> Void) async throws {
        try await withTemporaryFolder { try await body(CredentialFixture(folder: $0)) }
    }

    func write(_ text: String, to path: FilePath, mode: Int = 0o600) throws {
        let url = URL(filePath: path.string)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path.string)
    }

    func read(_ path: FilePath) throws -> String {
        String(decoding: try Data(contentsOf: URL(filePath: path.string)), as: UTF8.self)
    }

    func document(_ path: FilePath) throws -> NSDictionary {
        let value = try JSONSerialization.jsonObject(with: try Data(contentsOf: URL(filePath: path.string)))
        return value as? NSDictionary ?? [:]
    }

    /// Installs a credential helper made of a shell script; `$1` is the verb.
    func helper(_ name: String, _ script: String) throws {
        try write("#!/bin/sh\n\(script)\n", to: folder.appending("bin/docker-credential-\(name)"), mode: 0o755)
    }

    static func auth(_ text: String) -> String { Data(text.utf8).base64EncodedString() }
}
