import Foundation
import Glibc
import Linux
import NIOCore
import NIOPosix
import Synchronization
package import SystemPackage

/// Debian's registry on a loopback port, with storage in a temporary folder.
package final class LocalRegistry: Sendable {
    /// What it demands of its clients.
    package struct Options: Sendable {
        /// Whether it speaks TLS, with a certificate of an authority of its own.
        package var isTLS: Bool
        /// The only login that it accepts.
        package var login: (user: String, password: String)?

        package init(isTLS: Bool = false, login: (user: String, password: String)? = nil) {
            self.isTLS = isTLS
            self.login = login
        }
    }

    /// Whether this machine has what is needed.
    package static let isInstalled = Shell.has("docker-registry", "htpasswd", "openssl")

    /// Where it listens on 127.0.0.1; it keeps the port when it is started again.
    package let port: Int
    private let folder: FilePath
    private let process = Mutex<ProcessHandle?>(nil)

    /// The name that image references have for it.
    package var name: String { "127.0.0.1:\(port)" }

    /// The authority that signed its certificate.
    package var authority: FilePath { folder.appending("ca.pem") }

    private init(folder: FilePath, port: Int) {
        self.folder = folder
        self.port = port
    }

    /// Runs a body with a registry that answers; it is killed afterwards.
    package static func with<Success>(
        _ options: Options = Options(),
        _ body: (LocalRegistry) async throws -> Success
    ) async throws -> Success {
        try await withTemporaryFolder { folder in
            let registry = LocalRegistry(folder: folder, port: try await freePort())
            try await registry.configure(options)
            try await registry.start()
            do {
                let success = try await body(registry)
                try await registry.stop()
                return success
            } catch {
                try await registry.stop()
                throw error
            }
        }
    }

    /// Starts it, and waits until it takes connections.
    package func start() async throws {
        let log = try OwnedFD.open(folder.appending("log"), .writeOnly, options: [.create, .append])
        var plan = SpawnPlan("/usr/bin/docker-registry", ["serve", folder.appending("config.yml").string])
        plan.environment = ["PATH=/usr/bin:/bin"]
        plan.descriptors = [1, 2].map { .init(source: log.rawValue, target: $0) }
        try process.withLock { $0 = try ChildProcess.spawn(plan) }
        try await waitUntilReady()
    }

    /// Kills it at once, whatever it is doing; `stop()` or `start()` follows.
    package func kill() {
        process.withLock { try? $0?.kill() }
    }

    /// Kills it and waits for its end, then starts it again on the same port.
    package func restart() async throws {
        try await stop()
        try await start()
    }

    private func stop() async throws {
        let process = process.withLock { $0.take() }
        guard let process else { return }
        try process.kill()
        _ = try await process.waitForExit(uncancellable: .seconds(10))
    }

    private func waitUntilReady() async throws {
        for _ in 0..<1000 {
            if let channel = try? await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .connect(host: "127.0.0.1", port: port).get()
            {
                return try await channel.close()
            }
            try await Task.sleep(for: .milliseconds(10))
        }
        let log = try WholeFile.read(folder.appending("log"), limit: 1 << 20)
        throw Shell.Failure(description: "the registry does not start: \(String(decoding: log, as: UTF8.self))")
    }

    private func configure(_ options: Options) async throws {
        var lines = [
            "version: 0.1", "log: {level: warn, accesslog: {disabled: true}}",
            "storage: {filesystem: {rootdirectory: \(folder)/data}, delete: {enabled: true}}",
            "http:", "  addr: \(name)",
        ]
        if options.isTLS {
            try await makeCertificates()
            lines.append("  tls: {certificate: \(folder)/server.pem, key: \(folder)/server.key}")
        }
        if let login = options.login {
            let line = try await Shell.run(["htpasswd", "-Bbn", login.user, login.password])
            try Data(line.utf8).write(to: URL(filePath: "\(folder)/htpasswd"))
            lines.append("auth: {htpasswd: {realm: test, path: \(folder)/htpasswd}}")
        }
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(filePath: "\(folder)/config.yml"))
    }

    private func makeCertificates() async throws {
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
        try await Shell.script(
            """
            openssl req -x509 \(key) -keyout ca.key -out ca.pem -days 2 -subj /CN=test-authority
            openssl req \(key) -keyout server.key -out server.csr -subj /CN=localhost
            printf 'subjectAltName=IP:127.0.0.1,DNS:localhost\\n' > names
            openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names \
            -out server.pem
            """,
            in: folder
        )
    }

    private static func freePort() async throws -> Int {
        let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = channel.localAddress?.port ?? 0
        try await channel.close()
        return port
    }
}
