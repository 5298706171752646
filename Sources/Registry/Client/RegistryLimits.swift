/// How much is taken from a registry at most, so that a hostile one fills no memory.
enum RegistryLimits {
    /// A manifest: what every registry must take is the most that is read (distribution specification, "Pushing
    /// Manifests").
    static let manifest = 4 << 20
    /// A configuration, which is read into memory as a whole.
    static let smallBlob = 8 << 20
    /// Pages of a list.
    static let pages = 32
    /// How far a try must come for the next to start afresh.
    static let progress: Int64 = 4 << 20
    /// What is hashed and written at once.
    static let batch = 512 << 10
}
