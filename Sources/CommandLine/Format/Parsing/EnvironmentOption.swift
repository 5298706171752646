/// A variable for a container's environment, as `--env` takes it.
package enum EnvironmentOption {
    /// Reads `NAME=value`, or `NAME` alone for the value that the caller's own environment has.
    ///
    /// - Returns: `NAME=value`, or `nil` if the caller has no such variable.
    package static func resolve(
        _ text: String,
        host: (String) -> String?
    ) throws(UsageError) -> String? {
        let name = text.prefix { $0 != "=" }
        guard !name.isEmpty, !text.utf8.contains(0) else {
            throw UsageError("\(quoted(text)) is no environment variable (write it as NAME=value)")
        }
        if name.endIndex != text.endIndex { return text }
        return host(text).map { "\(text)=\($0)" }
    }
}
