import FoundationEssentials
import HTTPTypes
import OCI

/// Dockerfile instructions that change an image's settings, as `commit` and `import` take them.
struct DockerfileChanges {
    private(set) var configuration = ImageConfiguration()

    /// Reads instructions such as `CMD ["sh"]` or `ENV A=b C=d`.
    ///
    /// - Throws: 400 for an unknown instruction, or one that cannot be read.
    init(_ instructions: [String]) throws(EngineError) {
        for instruction in instructions where !instruction.allSatisfy(\.isWhitespace) { try apply(instruction) }
    }

    private mutating func apply(_ instruction: String) throws(EngineError) {
        let line = instruction.trimming(while: \.isWhitespace)
        let name = line.prefix { !$0.isWhitespace }
        let rest = line.dropFirst(name.count).trimming(while: \.isWhitespace)
        guard !rest.isEmpty else { throw Self.problem(line, "it says nothing") }
        switch name.uppercased() {
        case "CMD": configuration.command = try Self.command(rest)
        case "ENTRYPOINT": configuration.entrypoint = try Self.command(rest)
        case "ENV": configuration.environment += try Self.pairs(rest, line).map { "\($0.0)=\($0.1)" }
        case "LABEL": configuration.labels.merge(try Self.pairs(rest, line)) { $1 }
        case "EXPOSE":
            configuration.exposedPorts += try Self.words(rest, line).map { $0.contains("/") ? $0 : "\($0)/tcp" }
        case "VOLUME": configuration.volumes += rest.hasPrefix("[") ? try Self.list(rest) : try Self.words(rest, line)
        case "WORKDIR": configuration.workingDirectory = try Self.folder(rest, line)
        case "USER": configuration.user = rest
        case "STOPSIGNAL": configuration.stopSignal = rest
        default:
            throw Self.problem(
                line,
                "use CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, STOPSIGNAL, USER, VOLUME or WORKDIR"
            )
        }
    }

    private static func problem(_ line: String, _ reason: String) -> EngineError {
        EngineError(.badRequest, "the change \"\(printable(line.utf8))\" is not understood: \(reason)")
    }

    /// A JSON list of words, or a line for the shell.
    private static func command(_ text: String) throws(EngineError) -> [String] {
        text.hasPrefix("[") ? try list(text) : ["/bin/sh", "-c", text]
    }

    private static func list(_ text: String) throws(EngineError) -> [String] {
        guard let words = try? JSONDecoder().decode([String].self, from: Data(text.utf8)) else {
            throw problem(text, "it is no JSON list of strings")
        }
        return words
    }

    private static func folder(_ path: String, _ line: String) throws(EngineError) -> String {
        guard path.hasPrefix("/") else { throw problem(line, "the path is not absolute") }
        return path
    }

    /// `NAME=value` several times, or the old form `NAME value`.
    private static func pairs(_ text: String, _ line: String) throws(EngineError) -> [(String, String)] {
        let words = try words(text, line)
        guard words.first?.contains("=") == true else {
            let name = text.prefix { !$0.isWhitespace }
            let value = text.dropFirst(name.count).trimming(while: \.isWhitespace)
            guard words.count > 1 else { throw problem(line, "it is not of the form NAME=value") }
            return [(String(name), value)]
        }
        var pairs: [(String, String)] = []
        for word in words {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, !parts[0].isEmpty else { throw problem(line, "it is not of the form NAME=value") }
            pairs.append((parts[0], parts[1]))
        }
        return pairs
    }

    /// Words as a shell splits them: quotes hold them together, a backslash takes the next character as it is.
    private static func words(_ text: String, _ line: String) throws(EngineError) -> [String] {
        var words: [String] = []
        var word: String?
        var quote: Character?
        var rest = text[...]
        while let character = rest.popFirst() {
            switch character {
            case "\\" where quote != "'": word = (word ?? "") + (rest.popFirst().map(String.init) ?? "")
            case "\"" where quote != "'", "'" where quote != "\"":
                quote = quote == nil ? character : nil
                word = word ?? ""
            case _ where character.isWhitespace && quote == nil:
                if let finished = word { words.append(finished) }
                word = nil
            default: word = (word ?? "") + String(character)
            }
        }
        guard quote == nil else { throw problem(line, "a quote is not closed") }
        return words + [word].compactMap(\.self)
    }
}
