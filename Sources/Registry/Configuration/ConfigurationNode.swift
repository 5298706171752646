import OCI
import SystemPackage
import Yams

/// A value in a YAML file that knows where it stands, so that every complaint can say so.
struct ConfigurationNode {
    let file: FilePath
    /// The path to it, such as `registries.docker.io.mirrors[0]`; empty for the whole file.
    let key: String
    private let node: Node

    init(_ node: Node, file: FilePath, key: String = "") {
        self.node = node
        self.file = file
        self.key = key
    }

    /// The members of a mapping with free keys, in the file's order.
    func members() throws(ImageError) -> [(name: String, value: ConfigurationNode)] {
        guard let mapping = node.mapping else { throw error("must be a mapping (write `name: value` lines below it)") }
        var members: [(String, ConfigurationNode)] = []
        for (name, value) in mapping {
            guard let name = name.scalar?.string else { throw error("has a key that is no text (write plain keys)") }
            let path = key.isEmpty ? name : "\(key).\(name)"
            members.append((name, ConfigurationNode(value, file: file, key: path)))
        }
        return members
    }

    /// The members of a mapping that has these keys and no others.
    func members(known keys: [String]) throws(ImageError) -> [String: ConfigurationNode] {
        var members: [String: ConfigurationNode] = [:]
        for (name, value) in try self.members() {
            guard keys.contains(name) else {
                throw value.error("is not a known key (use \(keys.joined(separator: ", ")))")
            }
            members[name] = value
        }
        return members
    }

    /// The elements of a list.
    func elements() throws(ImageError) -> [ConfigurationNode] {
        guard let sequence = node.sequence else { throw error("must be a list (write `- value` lines below it)") }
        return sequence.enumerated().map { index, element in
            ConfigurationNode(element, file: file, key: "\(key)[\(index)]")
        }
    }

    /// A single text.
    func string() throws(ImageError) -> String {
        guard let scalar = node.scalar, !scalar.string.isEmpty else {
            throw error("must be a text (write one behind the colon, or remove the key)")
        }
        return scalar.string
    }

    /// A truth value; a text that only looks like one is none.
    func bool() throws(ImageError) -> Bool {
        guard node.scalar?.style == .plain, let value = node.bool else { throw error("must be true or false") }
        return value
    }

    /// A complaint about this value; it names file, line and key.
    func error(_ problem: String) -> ImageError {
        let line = node.mark.map { ":\($0.line)" } ?? ""
        let name = key.isEmpty ? "the file" : printable(key.utf8)
        return ImageError(.invalidArgument, "\(file)\(line): \(name) \(problem)")
    }
}
