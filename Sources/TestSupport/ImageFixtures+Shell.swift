import Foundation
package import SystemPackage

/// Runs programs for tests.
package enum Shell {
    /// A program that ended with something else than 0.
    package struct Failure: Error, CustomStringConvertible {
        /// The command and what it printed.
        package let description: String
    }

    /// Whether all of these programs are installed.
    package static func has(_ programs: String...) -> Bool {
        programs.allSatisfy { program in
            ["/usr/sbin", "/usr/bin", "/sbin", "/bin"].contains {
                FileManager.default.isExecutableFile(atPath: "\($0)/\(program)")
            }
        }
    }

    /// Whether the tests run as root.
    package static var isRoot: Bool { NSUserName() == "root" }

    /// Runs a program to its end.
    ///
    /// - Returns: what it printed.
    @discardableResult
    package static func run(_ command: [String], in folder: FilePath = "/") async throws -> String {
        let log = FileManager.default.temporaryDirectory.appending(path: "shell-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: log) }
        try Data().write(to: log)
        let output = try FileHandle(forWritingTo: log)
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = command
        process.currentDirectoryURL = URL(filePath: folder.string)
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        let status = try await withCheckedThrowingContinuation {
            (continuation: CheckedContinuation<Int32, any Error>) in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
        try output.close()
        let text = String(decoding: try Data(contentsOf: log), as: UTF8.self)
        guard status == 0 else { throw Failure(description: "\(command.joined(separator: " ")): \(text)") }
        return text
    }

    /// Runs a shell script that stops at its first error.
    @discardableResult
    package static func script(_ text: String, in folder: FilePath = "/") async throws -> String {
        try await run(["sh", "-euc", text], in: folder)
    }
}
