package import Logging
package import Pods

/// What the routes call.
package struct EngineServices: Sendable {
    /// The pods, and through them the images.
    package let pods: PodService
    /// Finds out which registries there are, and how they are reached.
    package let registries: RegistryAccess
    /// What has happened.
    package let events = EventHub()
    /// The version of Apus.
    package let version: String
    package let logger: Logger

    /// Puts together what the routes call.
    package init(pods: PodService, registries: @escaping RegistryAccess, version: String, logger: Logger) {
        self.pods = pods
        self.registries = registries
        self.version = version
        self.logger = logger
    }
}
