import FoundationEssentials
import Linux
import OCI
import Subprocess
import SystemPackage

/// How credential helpers are found and run.
struct HelperEnvironment: Sendable {
    /// Folders to look in, the first wins.
    let searchPath: [FilePath]
    /// The user's own environment: a helper finds its keyring and its agent there.
    let variables: [String: String]
    let timeLimit: Duration
    let clock: any Clock<Duration>

    func locate(_ name: String, namedBy source: FilePath) throws(ImageError) -> HelperProgram {
        let found = searchPath.map { $0.appending(name) }
            .first { FileManager.default.isExecutableFile(atPath: $0.string) }
        guard let found else {
            throw ImageError(
                .missingTool,
                "\(name), which \(source) names, is not installed (install it, or log in again)"
            )
        }
        return HelperProgram(name: name, path: found, environment: self)
    }
}

/// A credential helper's program: what it prints is bounded, and is never shown, because it can be a secret.
struct HelperProgram: Sendable {
    /// How a run ended.
    struct Answer: Sendable {
        let status: TerminationStatus
        let output: [UInt8]

        var isSuccess: Bool { status.isSuccess }
    }

    private enum Race: Sendable {
        case answer(Answer)
        case failure(any Error)
        case late
    }

    let name: String
    let path: FilePath
    let environment: HelperEnvironment

    /// Tokens have a few kilobytes.
    private static let outputLimit = 256 << 10

    /// Runs the program to its end, at the longest for the time limit; then it and its children are ended.
    func run(_ verb: String, _ key: String, input: [UInt8]) async throws(ImageError) -> Answer {
        let outcome = await withTaskGroup(of: Race.self) { group in
            group.addTask { await execute(verb, input) }
            group.addTask {
                do { try await environment.clock.sleep(for: environment.timeLimit) } catch { return .failure(error) }
                return .late
            }
            let first = await group.next() ?? .late
            group.cancelAll()
            return first
        }
        switch outcome {
        case .answer(let answer): return answer
        case .late: throw complaint(verb, key, "it did not end within \(environment.timeLimit)")
        case .failure(let error): throw complaint(verb, key, "it could not be run to its end", cause: error)
        }
    }

    /// A run that ended with an error.
    func failed(_ verb: String, _ key: String, _ status: TerminationStatus) -> ImageError {
        complaint(verb, key, "it ended with \(status)")
    }

    /// A complaint about one run.
    func complaint(_ verb: String, _ key: String, _ problem: String, cause: (any Error)? = nil) -> ImageError {
        let remedy = "run `\(name) \(verb)` by hand to see why"
        return ImageError(
            .system,
            "\(name) \(verb) failed for \(printable(key.utf8)): \(problem) (\(remedy))",
            cause: cause
        )
    }

    private func execute(_ verb: String, _ input: [UInt8]) async -> Race {
        do {
            let source = try MemoryFile.make(input)
            let result = try await Subprocess.run(
                .path(path),
                arguments: [verb],
                environment: .custom(variables),
                platformOptions: platformOptions,
                input: .fileDescriptor(source.descriptor, closeAfterSpawningProcess: false),
                output: .bytes(limit: Self.outputLimit),
                error: .discarded
            )
            return .answer(Answer(status: result.terminationStatus, output: result.standardOutput))
        } catch {
            return .failure(error)
        }
    }

    private var variables: [Environment.Key: String] {
        var variables: [Environment.Key: String] = [:]
        for (name, value) in environment.variables {
            if let key = Environment.Key(rawValue: name) { variables[key] = value }
        }
        return variables
    }

    /// A session of its own: many helpers are scripts, and what they started must end with them.
    private var platformOptions: PlatformOptions {
        var options = PlatformOptions()
        options.createSession = true
        options.teardownSequence = [
            .send(signal: .kill, toProcessGroup: true, allowedDurationToNextStep: .seconds(1))
        ]
        return options
    }
}
