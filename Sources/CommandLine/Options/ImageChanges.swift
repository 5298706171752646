import ArgumentParser
import FoundationEssentials
import Images
import OCI

/// Dockerfile instructions as settings of an image.
struct ImageChanges {
    private(set) var configuration = ImageConfiguration()

    /// Reads instructions such as `CMD ["sh"]` or `ENV A=b`.
    init(parsing instructions: [String]) throws {
        for instruction in instructions { try apply(instruction) }
    }

    private mutating func apply(_ instruction: String) throws {
        let words = instruction.split(maxSplits: 1, whereSeparator: \.isWhitespace)
        let parts = words.map { String($0.drop(while: \.isWhitespace)) }
        guard parts.count == 2, !parts[1].isEmpty else {
            throw ValidationError("\"\(instruction)\" is no instruction (such as CMD [\"sh\"])")
        }
        switch parts[0].uppercased() {
        case "CMD": configuration.command = try Self.words(parts[1])
        case "ENTRYPOINT": configuration.entrypoint = try Self.words(parts[1])
        case "ENV": configuration.environment.append(try Self.variable(parts[1]))
        case "WORKDIR": configuration.workingDirectory = try Self.folder(parts[1])
        case "USER": configuration.user = parts[1]
        default:
            throw ValidationError("unknown instruction \"\(parts[0])\" (use CMD, ENTRYPOINT, ENV, WORKDIR or USER)")
        }
    }

    /// A JSON list of words, or a line for the shell.
    private static func words(_ text: String) throws -> [String] {
        guard text.hasPrefix("[") else { return ["/bin/sh", "-c", text] }
        guard let words = try? JSONDecoder().decode([String].self, from: Data(text.utf8)) else {
            throw ValidationError("\(text) is not a JSON list of strings")
        }
        return words
    }

    private static func folder(_ path: String) throws -> String {
        guard path.hasPrefix("/") else { throw ValidationError("\"WORKDIR \(path)\" is not an absolute path") }
        return path
    }

    private static func variable(_ text: String) throws -> String {
        guard let name = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).first,
            text.contains("="), !name.isEmpty
        else { throw ValidationError("\"ENV \(text)\" is not of the form NAME=value") }
        return text
    }
}
