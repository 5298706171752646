/// Gathers the frames of one kind into whole messages, up to `ProtocolLimits.message` bytes.
package struct MessageAssembler {
    private var partial: [UInt8] = []

    /// Starts with no message under way.
    package init() {}

    /// Adds a frame's body.
    ///
    /// - Returns: the message when this frame was its last, else `nil`.
    package mutating func append(_ frame: Frame) throws(WireError) -> [UInt8]? {
        guard partial.count + frame.body.count <= ProtocolLimits.message else { throw .tooLong }
        guard !frame.more else {
            partial.append(contentsOf: frame.body)
            return nil
        }
        guard !partial.isEmpty else { return frame.body }
        defer { partial = [] }
        return partial + frame.body
    }
}
