/// The forms in which images leave the store as a file.
package enum ArchiveFormat: String, Sendable, CaseIterable {
    /// What `docker load` reads: an OCI layout with Docker's list of images beside it.
    case docker
    /// An OCI layout alone.
    case oci
}
