import FoundationEssentials
import Linux
import OCI
import Subprocess
import SystemPackage

/// Finds and runs programs: fixed search path, minimal environment, bounded output.
struct Toolbox: Sendable {
    /// Folders to look in, the first wins.
    let searchPath: [FilePath]

    /// Runs a program to its end.
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
        var command = [try locate(tool)] + arguments
        if let fileLimit {
            command = [try locate(.prlimit), "--fsize=\(fileLimit):\(fileLimit)"] + command
        }
        do {
            let source = try File.open(input)
            let target = output == "/dev/null" ? try File.open(output, .writeOnly) : try File.create(output)
            let result = try await Subprocess.run(
                .path(FilePath(command[0])),
                arguments: Arguments(Array(command.dropFirst())),
                environment: environment,
                input: .fileDescriptor(source.descriptor, closeAfterSpawningProcess: false),
                output: .fileDescriptor(target.descriptor, closeAfterSpawningProcess: false),
                error: .bytes(limit: 1 << 20)
            )
            guard !result.terminationStatus.isSuccess else { return }
            throw Self.failure(tool, result.terminationStatus, result.standardError, purpose, failure)
        } catch let error as SubprocessError {
            try Task.checkCancellation()
            throw ImageError(failure, "cannot \(purpose): \(tool.name) could not be run to its end", cause: error)
        }
    }

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
        // mkfs.erofs gives the number only, and bsdtar no reason at all for an archive that it cannot write.
        let noSpace = ["No space left on device", "[Error 28]", "bsdtar: Write error"]
        if noSpace.contains(where: words.contains) { return .noSpace(purpose) }
        if status == .signaled(fileSizeSignal) || words.contains("File too large") {
            return ImageError(.refused, "cannot \(purpose): it is larger than the limit when uncompressed")
        }
        let line = complaint.split(separator: UInt8(ascii: "\n")).first ?? []
        let detail = line.isEmpty ? "\(tool.name) ended with \(status)" : printable(line)
        return ImageError(code, "cannot \(purpose): \(detail)")
    }

    /// SIGXFSZ on Linux.
    private static let fileSizeSignal: CInt = 25
}
