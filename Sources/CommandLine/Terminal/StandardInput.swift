package import Linux

/// What can be read from a descriptor, as chunks: a terminal, a pipe, a socket or a regular file.
///
/// Nothing is read before a chunk is asked for, so a slow consumer slows the producer down, and what nobody asked for
/// stays for the program that reads next. A cancelled wait ends at once. For one consumer at a time.
package struct StandardInput: AsyncSequence, Sendable {
    package typealias Element = [UInt8]

    /// Stops the reader when the last sequence and iterator are gone.
    fileprivate final class Handle: Sendable {
        let reader: InputReader

        init(_ reader: InputReader) {
            self.reader = reader
        }

        deinit { reader.close() }
    }

    private let handle: Handle

    /// Starts a reader for a descriptor, which must stay open as long as the sequence lives.
    ///
    /// - Parameter chunk: the most bytes of one element.
    package init(descriptor: Int32 = 0, chunk: Int = 32 << 10) throws(LinuxError) {
        let reader = try InputReader(descriptor: descriptor, chunk: chunk)
        try DedicatedThread.start { reader.run() }
        handle = Handle(reader)
    }

    package func makeAsyncIterator() -> Iterator { Iterator(handle: handle) }

    /// Reads chunk by chunk.
    package struct Iterator: AsyncIteratorProtocol {
        fileprivate let handle: Handle

        /// Waits for the next chunk, which is never empty.
        ///
        /// - Returns: `nil` at the end of the input, and when the terminal has gone.
        /// - Throws: `LinuxError`, or `CancellationError`; then no byte is lost to a later call.
        package mutating func next() async throws -> [UInt8]? { try await handle.reader.next() }
    }
}
