import FoundationEssentials
import Linux
import OCI
import Subprocess
import SystemPackage

/// Finds and runs programs: fixed search path, minimal environment, bounded output.
struct Toolbox: Sendable {
    /// Folders to look in, the first wins.
    let searchPath: [FilePath]

    /// Runs a program to its end, from and to files.
    ///
    /// - Parameters:
    ///   - purpose: what it is run for, as in "cannot …".
    ///   - fileLimit: the size beyond which the kernel stops its writing to any file.
    /// - Throws: `.missingTool`, `.noSpace`, `.refused` at the limit, otherwise `failure` with the program's words.
    func run(
        _ tool: Tool,
        _ arguments: [String],
        purpose: String,
        input: FilePath = "/dev/null",
        output: FilePath = "/dev/null",
        fileLimit: Int64? = nil,
        failure: ImageError.Code = .badArchive
    ) async throws {
        _ = try locate(tool)
        let source = try File.open(input)
        let target = output == "/dev/null" ? try File.open(output, .writeOnly) : try File.create(output)
        try await run(
            tool,
            arguments,
            purpose: purpose,
            from: source.descriptor,
            to: target.descriptor,
            fileLimit: fileLimit,
            failure: failure
        )
    }

    /// Runs a program to its end, from and to open descriptors, which stay the caller's.
    ///
    /// A cancelled task kills it.
    func run(
        _ tool: Tool,
        _ arguments: [String],
        purpose: String,
        from source: FileDescriptor,
        to target: FileDescriptor,
        fileLimit: Int64? = nil,
        failure: ImageError.Code = .badArchive
    ) async throws {
        var command = [try locate(tool)] + arguments
        if let fileLimit {
            command = [try locate(.prlimit), "--fsize=\(fileLimit):\(fileLimit)"] + command
        }
        do {
            let result = try await Subprocess.run(
                .path(FilePath(command[0])),
                arguments: Arguments(Array(command.dropFirst())),
                environment: environment,
                input: .fileDescriptor(source, closeAfterSpawningProcess: false),
                output: .fileDescriptor(target, closeAfterSpawningProcess: false),
                error: .bytes(limit: 1 << 20)
            )
            try Task.checkCancellation()
            guard !result.terminationStatus.isSuccess else { return }
            throw Self.failure(tool, result.terminationStatus, result.standardError, purpose, failure)
        } catch let error as SubprocessError {
            try Task.checkCancellation()
            throw ImageError(failure, "cannot \(purpose): \(tool.name) could not be run to its end", cause: error)
        }
    }

    /// Whether a program is installed.
    func has(_ tool: Tool) -> Bool { (try? locate(tool)) != nil }

    /// Messages in English for `failure`, names in UTF-8: in the C locale bsdtar refuses every name beyond ASCII.
    private var environment: Environment {
        let path = searchPath.map(\.string).joined(separator: ":")
        return .custom(["PATH": path, "LC_ALL": "C.UTF-8", "TZ": "UTC"])
    }

    private func locate(_ tool: Tool) throws(ImageError) -> String {
        let found = searchPath.map { $0.appending(tool.name).string }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
        guard let found else {
            throw ImageError(.missingTool, "\(tool.name) is not installed (apt install \(tool.package))")
        }
        return found
    }

    private static func failure(
        _ tool: Tool,
        _ status: TerminationStatus,
        _ complaint: [UInt8],
        _ purpose: String,
        _ code: ImageError.Code
    ) -> ImageError {
        let words = String(decoding: complaint, as: UTF8.self)
        // bsdtar gives no reason at all for an archive that it cannot write.
        let noSpace = ["No space left on device", "bsdtar: Write error"]
        if noSpace.contains(where: words.contains) { return .noSpace(purpose) }
        if status == .signaled(fileSizeSignal) || words.contains("File too large") {
            return ImageError(.refused, "cannot \(purpose): it is larger than the limit when uncompressed")
        }
        let line = words.split(separator: "\n").first ?? ""
        // pigz tells first what it is about to do, in the same line.
        let start = line.firstRange(of: "\(tool.name): ")?.lowerBound ?? line.startIndex
        let detail = line.isEmpty ? "\(tool.name) ended with \(status)" : printable(line[start...].utf8)
        return ImageError(code, "cannot \(purpose): \(detail)")
    }

    /// SIGXFSZ on Linux.
    private static let fileSizeSignal: CInt = 25
}
