package import ArgumentParser
import Images
import Pods

/// The command `apus`.
package struct CommandLineTool: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "apus",
        abstract: "Run container images, each in a virtual machine of its own.",
        usage: "apus COMMAND [OPTIONS] [ARGUMENTS]",
        discussion: """
            A first container:
              apus import rootfs.tar busybox     make an image from a root file system
              apus load -i image.tar             or load one that "docker save" or skopeo wrote
              apus run --rm -it busybox sh       and run it

            State lies under /var/lib/apus and /run/apus; --root and --run-root, or the variables APUS_ROOT and
            APUS_RUN_ROOT, choose other places. "apus help COMMAND" tells about a command.
            """,
        version: version,
        subcommands: [
            RunCommand.self, ExecCommand.self, AttachCommand.self, ListCommand.self, LogsCommand.self, KillCommand.self,
            RemoveCommand.self, ImagesCommand.self, LoadCommand.self, ImportCommand.self, RemoveImageCommand.self,
            AttendCommand.self,
        ]
    )

    /// The version of Apus.
    package static let version = "0.1.0"

    /// The command without a subcommand, which prints its help.
    package init() {}

    /// Parses the process's arguments, runs the command, and exits with Docker's codes: the command's own, or 125 when
    /// Apus itself failed or was called wrongly.
    package static func main() async -> Never {
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            exit(withError: nil)
        } catch {
            leave(with: error)
        }
    }

    private static func leave(with error: any Error) -> Never {
        // Help and version are "errors" of the parser that end well.
        guard let ending = ending(with: error) else { exit(withError: error) }
        if let complaint = ending.complaint { Console.complain(complaint) }
        exit(withError: ExitCode(ending.code))
    }

    /// What an error makes the program say and exit with; `nil` when the parser has something to print instead.
    static func ending(with error: any Error) -> (complaint: String?, code: Int32)? {
        switch error {
        case let error as ExitStatus: return (nil, error.code)
        case let error as PodsError: return (error.message, error.shellCode)
        default: break
        }
        switch exitCode(for: error) {
        case .success: return nil
        case .validationFailure: return (message(for: error) + usageHint(for: error), 125)
        default: return (ErrorMessage.text(of: error), 125)
        }
    }

    private static func usageHint(for error: any Error) -> String {
        let usage = fullMessage(for: error).split(separator: "\n").first { $0.hasPrefix("Usage:") }
        return usage.map { "\n\($0)" } ?? ""
    }
}

/// A command's way to end with a code and without a message.
struct ExitStatus: Error {
    let code: Int32
}
