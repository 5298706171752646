import Linux
package import OCI
package import SystemPackage
import Yams

extension RegistryConfiguration {
    /// Where Docker keeps a folder of authorities for each registry: `HOST[:PORT]/*.crt`.
    package static let dockerCertificates: FilePath = "/etc/docker/certs.d"

    /// Reads the machine's configuration of registries (docs/registries.md has its form).
    ///
    /// - Parameters:
    ///   - path: a YAML file; if there is none, everything has its default.
    ///   - certificates: a folder laid out like Docker's, whose authorities are added; it need not exist.
    /// - Throws: `.invalidArgument` naming the file, the line, the key and the remedy.
    package static func load(
        _ path: FilePath,
        certificates: FilePath? = dockerCertificates
    ) throws(ImageError) -> RegistryConfiguration {
        let folder = CertificateFolder(path: certificates)
        guard let text = try read(path), let root = try compose(text, path) else {
            return try RegistryConfigurationFile().configuration(folder)
        }
        return try RegistryConfigurationFile(ConfigurationNode(root, file: path)).configuration(folder)
    }

    /// A configuration of this size would have thousands of registries.
    private static let limit = 1 << 20

    private static func read(_ path: FilePath) throws(ImageError) -> String? {
        do {
            guard try path.stat().type == .regular else {
                throw ImageError(.invalidArgument, "\(path) is not a file (write the registries' configuration there)")
            }
            if let text = String(validating: try WholeFile.read(path, limit: limit), as: UTF8.self) { return text }
        } catch Errno.noSuchFileOrDirectory {
            return nil
        } catch {
            throw .system("read \(path)", error)
        }
        throw ImageError(.invalidArgument, "\(path) is not text in UTF-8 (see docs/registries.md)")
    }

    private static func compose(_ text: String, _ path: FilePath) throws(ImageError) -> Node? {
        do {
            return try Yams.compose(yaml: text)
        } catch {
            throw ImageError(.invalidArgument, "\(path)\(problem(error)) (correct it)", cause: error)
        }
    }

    /// What the parser found, in one line.
    private static func problem(_ error: any Error) -> String {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            ":\(mark.line): this is not YAML: \(printable(problem.utf8))"
        case .duplicatedKeysInMapping(let keys, let context):
            ":\(context.mark.line): \(printable(keys.joined(separator: ", ").utf8)): the key is there twice"
        default: ": this is not YAML"
        }
    }
}
