package import Linux

/// Writes to a descriptor, in the order of the calls: a terminal, a pipe, a socket or a regular file.
///
/// A write returns when the kernel has all its bytes, so a slow reader slows the writers down.
package final class StandardOutput: Sendable {
    private let writer: OutputWriter

    /// Starts a writer for a descriptor (1 or 2), which must stay open as long as this object lives.
    package init(descriptor: Int32 = 1) throws(LinuxError) {
        let writer = try OutputWriter(descriptor: descriptor)
        try DedicatedThread.start { writer.run() }
        self.writer = writer
    }

    deinit { writer.close() }

    /// Writes all bytes.
    ///
    /// - Throws: `LinuxError`; its `errno` is `.brokenPipe` when nobody reads any more (as after `| head`), which is a
    ///   reason to stop but none to complain. From the first error on all writes fail with it.
    ///   `CancellationError`, at once, even if the reader has stalled; bytes may be written nonetheless.
    package func write(_ bytes: [UInt8]) async throws {
        try await writer.write(bytes)
    }

    /// Writes text.
    package func write(_ text: String) async throws {
        try await writer.write(Array(text.utf8))
    }
}
