/// Looks for a record that begins with a pattern in a stream of bytes that may be anything before it.
package struct HandshakeScanner {
    private let pattern: [UInt8]
    private var buffer: [UInt8] = []

    init(pattern: [UInt8]) {
        self.pattern = pattern
    }

    /// Adds bytes; memory stays below a record and what is added at once.
    ///
    /// - Returns: the record and the bytes behind it, once it has arrived whole.
    package mutating func append(_ bytes: [UInt8]) -> (record: [UInt8], rest: [UInt8])? {
        buffer.append(contentsOf: bytes)
        let found = start()
        guard found + Handshake.recordLength <= buffer.count else {
            buffer.removeFirst(found)
            return nil
        }
        let end = found + Handshake.recordLength
        defer { buffer = [] }
        return ([UInt8](buffer[found..<end]), [UInt8](buffer[end...]))
    }

    /// The first place where the pattern stands or may still come to stand.
    private func start() -> Int {
        for candidate in 0..<buffer.count where matches(at: candidate) { return candidate }
        return buffer.count
    }

    private func matches(at candidate: Int) -> Bool {
        for index in 0..<min(pattern.count, buffer.count - candidate)
        where buffer[candidate + index] != pattern[index] {
            return false
        }
        return true
    }
}
