package import ArgumentParser
import Images
import OCI
import Pods

/// The command `apus`.
package struct CommandLineTool: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "apus",
        abstract: "Run container images, each in a virtual machine of its own.",
        usage: "apus COMMAND [OPTIONS] [ARGUMENTS]",
        discussion: """
            A first container:
              apus pull busybox                an image from a registry
              apus run --rm -it busybox sh     and a shell in it

            State lies under /var/lib/apus and /run/apus; --root and --run-root, or
            APUS_ROOT and APUS_RUN_ROOT, choose other places.
            """,
        version: version,
        subcommands: [
            RunCommand.self, ExecCommand.self, AttachCommand.self, ListCommand.self, LogsCommand.self,
            StartCommand.self, StopCommand.self, RestartCommand.self, KillCommand.self, PauseCommand.self,
            UnpauseCommand.self, WaitCommand.self, RenameCommand.self, RemoveCommand.self, CommitCommand.self,
            PullCommand.self, PushCommand.self, LoginCommand.self,
            LogoutCommand.self, SearchCommand.self, ImagesCommand.self, TagCommand.self, HistoryCommand.self,
            SaveCommand.self, LoadCommand.self, ImportCommand.self, RemoveImageCommand.self, ImageCommand.self,
            SystemCommand.self, AttendCommand.self,
        ]
    )

    /// The version of Apus.
    package static let version = "0.1.0"

    /// The command without a subcommand, which prints its help.
    package init() {}

    /// Parses the process's arguments, runs the command, and exits with Docker's codes: the command's own; 125 when
    /// `run` failed or any command was called wrongly; 1 when another one failed.
    package static func main() async -> Never {
        var failureCode = wrongCall
        do {
            var command = try parseAsRoot()
            failureCode = command is RunCommand ? wrongCall : 1
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            exit(withError: nil)
        } catch {
            leave(with: error, failureCode: failureCode)
        }
    }
}

/// The exit code of a program that was called wrongly.
private let wrongCall: Int32 = 125

/// What the programs of Apus have in common: how they end.
extension ParsableCommand {
    static func leave(with error: any Error, failureCode: Int32) -> Never {
        // Help and version are "errors" of the parser that end well.
        guard let ending = ending(with: error, failureCode: failureCode) else { exit(withError: error) }
        if let complaint = ending.complaint { Console.complain(complaint) }
        exit(withError: ExitCode(ending.code))
    }

    /// What an error makes the program say and exit with; `nil` when the parser has something to print instead.
    static func ending(
        with error: any Error,
        failureCode: Int32 = wrongCall
    ) -> (complaint: String?, code: Int32)? {
        switch error {
        case let error as ExitStatus: return (nil, error.code)
        case let error as PodsError: return (error.message, error.shellCode ?? failureCode)
        default: break
        }
        switch exitCode(for: error) {
        case .success: return nil
        case .validationFailure: return (message(for: error) + usageHint(for: error), wrongCall)
        default: return (ErrorMessage.text(of: error), failureCode)
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
