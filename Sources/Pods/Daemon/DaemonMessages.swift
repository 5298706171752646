/// What a client asks of the node's daemon: one request a connection, a line of JSON.
package enum DaemonRequest: Codable, Sendable {
    /// Attend a pod.
    ///
    /// With it come two descriptors: the pod's listening socket and its lock. `environment` holds the settings that
    /// decide how the pod's image is fetched, `NAME=value` each; `alone` tells that no client will ask for its start.
    case attend(pod: String, environment: [String], alone: Bool)
    /// Tell how templates and pool are.
    case pool
}

/// What the daemon answers, a line of JSON too.
package enum DaemonReply: Codable, Sendable {
    /// The pod is attended from now on: socket and lock are the daemon's.
    case attended
    /// How templates and pool are.
    case pool(PoolReport)
    /// It cannot be done; a sentence that says why.
    case failed(String)
}
