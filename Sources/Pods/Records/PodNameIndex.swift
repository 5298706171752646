import FoundationEssentials
import Linux
import SystemPackage

/// Which pod has which name: a symbolic link each, so that finding one costs the same however many there are.
///
/// A link may outlive its pod, or come before it; it means something only if the pod's record says the same.
struct PodNameIndex {
    let folder: FilePath

    /// The id that a name leads to.
    func id(of name: String) throws -> String? {
        guard let link = link(name) else { return nil }
        return try? FileManager.default.destinationOfSymbolicLink(atPath: link.string)
    }

    /// Lets a name lead to a pod, in place of one that is gone.
    func set(_ name: String, to id: String) throws {
        guard let link = link(name) else { return }
        try? FileManager.default.removeItem(atPath: link.string)
        try FileManager.default.createSymbolicLink(atPath: link.string, withDestinationPath: id)
    }

    /// Frees a name that leads to a pod; by now it may lead to another.
    func remove(_ name: String, of id: String) throws {
        guard let link = link(name), try self.id(of: name) == id else { return }
        try? FileManager.default.removeItem(atPath: link.string)
    }

    /// Names of pods are file names; whatever else somebody looks for has none.
    private func link(_ name: String) -> FilePath? {
        (try? PodName.validate(name)) == nil ? nil : folder.appending(name)
    }
}
