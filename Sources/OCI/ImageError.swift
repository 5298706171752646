import SystemPackage

/// What went wrong with an image or the store, in words for the person who asked.
///
/// The message names the object and the remedy; the cause, where there is one, is for the log.
package struct ImageError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure, for front ends that answer with a status.
    package enum Code: Sendable, Equatable {
        /// No image has that name or id.
        case notFound
        /// The words fit more than one image.
        case ambiguous
        /// A name, digest or option that cannot be used.
        case invalidArgument
        /// The archive is damaged, incomplete, or is no image archive.
        case badArchive
        /// Bytes that do not hash to the digest, or have not the size, that was promised for them.
        case digestMismatch
        /// The archive tries to write outside its own folder, or is larger than the limits allow.
        case refused
        /// A valid image that this machine cannot run, or a format that is not read here.
        case unsupported
        /// A program that the store needs is not installed.
        case missingTool
        /// The disk under the store is full.
        case noSpace
        /// A file of the store is not as it was written.
        case damaged
        /// The operating system refused a call.
        case system
        /// A registry wants a login, or denies what was asked for to this one.
        case unauthorized
        /// A registry does not answer, or only with errors that pass.
        case unreachable
        /// A registry refuses what was asked for, or answers against its protocol.
        case registry
    }

    /// The kind of failure.
    package let code: Code
    /// One lower-case sentence that names the object and the remedy.
    package let message: String
    /// The error underneath.
    package let cause: (any Error)?

    /// Describes a failure.
    package init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    package var description: String { message }
}

extension ImageError {
    /// Puts a system call's error into words; a full disk gets its own code, because its remedy differs.
    package static func system(_ stage: String, _ error: any Error) -> ImageError {
        if let error = error as? ImageError { return error }
        guard error as? Errno != .noSpace, !"\(error)".contains("No space left on device") else {
            return noSpace(stage, cause: error)
        }
        return ImageError(.system, "cannot \(stage): \(error)", cause: error)
    }

    /// The disk under the store is full.
    package static func noSpace(_ stage: String, cause: (any Error)? = nil) -> ImageError {
        ImageError(
            .noSpace,
            "cannot \(stage): no space left on the disk of the image store (remove images or make room)",
            cause: cause
        )
    }
}

/// Makes hostile text fit for a message: control characters cannot reach a terminal, and it is never long.
package func printable(_ bytes: some Sequence<UInt8>, limit: Int = 200) -> String {
    let text = String(decoding: Array(bytes.prefix(limit * 4)), as: UTF8.self)
    let safe = text.unicodeScalars.prefix(limit).map { scalar in
        scalar.properties.generalCategory == .control ? "?" : scalar
    }
    return String(String.UnicodeScalarView(safe))
}
