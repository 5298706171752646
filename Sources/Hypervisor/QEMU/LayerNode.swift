import AgentProtocol

/// What QEMU's layer disk reads from: a block device of its own that stands before another, which can be exchanged.
///
/// Nothing is ever written through it, and what it stands before always has the same size.
struct LayerNode: Encodable, Sendable, Hashable {
    /// Its name, and the disk's.
    static let name = "layers"

    /// The name of what stands behind it, by its generation (see `LayerSlots`).
    static func name(_ generation: Int) -> String { "\(name)-\(generation)" }

    /// What stands behind it.
    enum Source: Encodable, Sendable, Hashable {
        /// Nothing but zeros; goes away when something else comes.
        case zeros
        /// Layers that were joined.
        case joined(generation: Int)

        private struct Zeros: Encodable {
            var driver = "null-co"
            var size = LayerDisk.size
            var readsZeros = true
            var readOnly = true
            private enum CodingKeys: String, CodingKey {
                case driver, size, readsZeros = "read-zeroes", readOnly = "read-only"
            }
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .zeros: try container.encode(Zeros())
            case .joined(let generation): try container.encode(LayerNode.name(generation))
            }
        }
    }

    var driver = "raw"
    var name = Self.name
    var readOnly = true
    let file: Source

    private enum CodingKeys: String, CodingKey { case driver, name = "node-name", readOnly = "read-only", file }
}
