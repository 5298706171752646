/// What the format cannot hold.
package struct EROFSError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of failure.
    package enum Code: Sendable, Hashable {
        /// A name is empty, longer than 255 bytes, or has a slash or a zero byte.
        case name
        /// A symbolic link's target is empty or longer than 4095 bytes.
        case link
        /// Extended attributes of one file are of an unknown class, too long or too many.
        case attributes
        /// More blocks or inodes than the disk's numbers can count.
        case size
    }

    package let code: Code
    /// One lower-case sentence.
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}
