import FoundationEssentials

/// The node's processors.
enum NodeProcessors {
    /// How many there are.
    static var count: Int { ProcessInfo.processInfo.activeProcessorCount }
}
