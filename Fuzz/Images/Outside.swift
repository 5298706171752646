import OCI

extension ImageError {
    /// Stands in for the store's own, whose file reads archives of images and stays outside of the fuzzer.
    static func mismatch(_ digest: Digest) -> ImageError {
        ImageError(.digestMismatch, "the bytes of \(digest) are not what the digest says")
    }
}
