package import OCI

/// A manifest or an index as the registry has it.
package struct FetchedManifest: Sendable, Hashable {
    /// Its type, hash and length.
    package let descriptor: Descriptor
    /// The document, byte for byte.
    package let bytes: [UInt8]

    /// Puts both together.
    package init(descriptor: Descriptor, bytes: [UInt8]) {
        self.descriptor = descriptor
        self.bytes = bytes
    }
}
