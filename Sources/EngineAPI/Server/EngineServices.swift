package import Logging
package import Pods
import SystemPackage

/// What the routes call.
package struct EngineServices: Sendable {
    /// The pods, and through them the images.
    package let pods: PodService
    /// Finds out which registries there are, and how they are reached.
    package let registries: RegistryAccess
    /// What has happened.
    package let events = EventHub()
    /// Further processes of containers.
    package let execs = ExecRegistry()
    /// The version of Apus.
    package let version: String
    package let logger: Logger

    /// Where uploads lie while they are read: on the disk of the images.
    var uploads: FilePath { pods.node.root.appending("uploads") }

    /// Puts together what the routes call.
    package init(pods: PodService, registries: @escaping RegistryAccess, version: String, logger: Logger) {
        self.pods = pods
        self.registries = registries
        self.version = version
        self.logger = logger
    }
}
