import Foundation
import Subprocess
import SystemPackage

/// How a command ended, and what it printed.
struct Finished: Sendable {
    let code: Int32
    let bytes: Data
    let error: String

    var output: String { String(decoding: bytes, as: UTF8.self) }
    /// The output without the line's end.
    var line: String { output.trimmingCharacters(in: .whitespacesAndNewlines) }
    var lines: [String] { output.split(separator: "\n").map(String.init) }
    var errorLines: [String] { error.split(separator: "\n").map(String.init) }
}

/// A command that did not end in time, or did not do what a test cannot go on without.
struct CommandFailure: Error, CustomStringConvertible {
    let description: String
}

/// A program with its arguments; its output goes to files, so that no test has to read while it runs.
struct Command: Sendable {
    var program: FilePath
    var arguments: [String]
    var environment: [String: String] = [:]
    /// Where the files go.
    var folder: FilePath
    /// What it may take; every command of these tests is bounded.
    var patience: Duration = .seconds(60)

    /// Runs it to its end.
    ///
    /// - Parameter input: the file that is its standard input; without one the input is empty.
    func run(input: FilePath? = nil) async throws -> Finished {
        let files = OutputFiles(in: folder)
        let (output, error) = try files.open()
        let source = try FileDescriptor.open(input ?? "/dev/null", .readOnly)
        let result = try await within(patience, "\(arguments.joined(separator: " "))") {
            try await Subprocess.run(
                .path(program),
                arguments: Arguments(arguments),
                environment: variables,
                input: .fileDescriptor(source, closeAfterSpawningProcess: true),
                output: .fileDescriptor(output, closeAfterSpawningProcess: true),
                error: .fileDescriptor(error, closeAfterSpawningProcess: true)
            )
            .terminationStatus
        }
        return try files.finished(result)
    }

    /// Runs a body while it runs, with a pipe as its standard input; afterwards waits for its end.
    func running(_ body: @Sendable @escaping (RunningCommand) async throws -> Void) async throws -> Finished {
        let files = OutputFiles(in: folder)
        let (output, error) = try files.open()
        let status = try await within(patience, "\(arguments.joined(separator: " "))") {
            try await Subprocess.run(
                .path(program),
                arguments: Arguments(arguments),
                environment: variables,
                input: .inputWriter,
                output: .fileDescriptor(output, closeAfterSpawningProcess: true),
                error: .fileDescriptor(error, closeAfterSpawningProcess: true)
            ) { execution in
                let pid = execution.processIdentifier.value
                try await body(RunningCommand(pid: pid, files: files, input: execution.standardInputWriter))
                try await execution.standardInputWriter.finish()
            }
            .terminationStatus
        }
        return try files.finished(status)
    }

    private var variables: Environment {
        let changes = environment.map { (Environment.Key(rawValue: $0), $1 as String?) }
        return .inherit.updating(
            Dictionary(uniqueKeysWithValues: changes.compactMap { key, value in key.map { ($0, value) } })
        )
    }
}

/// A command while it runs.
struct RunningCommand: Sendable {
    let pid: Int32
    fileprivate let files: OutputFiles
    fileprivate let input: StandardInputWriter

    fileprivate init(pid: Int32, files: OutputFiles, input: StandardInputWriter) {
        self.pid = pid
        self.files = files
        self.input = input
    }

    /// What it has printed so far.
    var output: String { files.output }

    /// Types a text.
    func write(_ text: String) async throws { _ = try await input.write(text) }

    /// Ends its input.
    func finishInput() async throws { try await input.finish() }

    /// Sends it a signal; the process is our child and not yet waited for, so its number is its own.
    func signal(_ number: Int32) { _ = kill(pid, number) }

    /// Waits until it has printed a text.
    func waitForOutput(_ text: String) async throws {
        try await eventually("output \"\(text)\"") { output.contains(text) }
    }
}

/// The files that take a command's output.
private struct OutputFiles: Sendable {
    let outputPath: FilePath
    let errorPath: FilePath

    init(in folder: FilePath) {
        let name = UUID().uuidString
        outputPath = folder.appending("\(name).out")
        errorPath = folder.appending("\(name).err")
    }

    func open() throws -> (FileDescriptor, FileDescriptor) {
        let options: FileDescriptor.OpenOptions = [.create, .truncate]
        return (
            try FileDescriptor.open(outputPath, .writeOnly, options: options, permissions: .ownerReadWrite),
            try FileDescriptor.open(errorPath, .writeOnly, options: options, permissions: .ownerReadWrite)
        )
    }

    var output: String {
        String(decoding: (try? Data(contentsOf: URL(filePath: outputPath.string))) ?? Data(), as: UTF8.self)
    }

    func finished(_ status: TerminationStatus) throws -> Finished {
        let code: Int32 =
            switch status {
            case .exited(let code): code
            case .signaled(let signal): 128 + signal
            }
        return Finished(
            code: code,
            bytes: try Data(contentsOf: URL(filePath: outputPath.string)),
            error: String(decoding: try Data(contentsOf: URL(filePath: errorPath.string)), as: UTF8.self)
        )
    }
}
