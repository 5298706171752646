/// Why bytes were refused by a decoder.
package enum WireError: Error, Equatable, Sendable {
    /// The message ends before the value does.
    case truncated
    /// A count or a length is above the bound that the protocol sets for it.
    case tooLong
    /// A value that the protocol does not know: an unknown case, a NUL byte in a string, bytes left over.
    case invalid
}
