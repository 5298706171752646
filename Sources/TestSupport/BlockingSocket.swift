import Glibc
package import Linux
package import SystemPackage

/// A stream socket for tests that play the other end of a protocol on a thread of their own.
///
/// Its calls block, but none longer than a minute: then they fail with `EAGAIN`.
package final class BlockingSocket: Sendable {
    private let file: OwnedFD

    /// Takes over a socket.
    package init(_ file: consuming OwnedFD) {
        self.file = file
        _ = fcntl(self.file.rawValue, F_SETFL, 0)
        var limit = timeval(tv_sec: 60, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(self.file.rawValue, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
    }

    /// Connects to a listening socket.
    package static func connect(to path: FilePath) throws -> BlockingSocket {
        BlockingSocket(try UnixSocket.connect(path))
    }

    /// Waits for a client.
    package func accept() throws -> BlockingSocket {
        BlockingSocket(OwnedFD(taking: try check(Glibc.accept(file.rawValue, __SOCKADDR_ARG(), nil))))
    }

    /// Reads what there is, at least one byte; nothing at the end.
    package func read() throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 64 << 10)
        let count = try check(recv(file.rawValue, &bytes, bytes.count, 0))
        return Array(bytes.prefix(count))
    }

    /// Reads so many bytes, fewer only at the end.
    package func read(exactly count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let read = try check(recv(file.rawValue, &bytes, count, Int32(MSG_WAITALL)))
        return Array(bytes.prefix(read))
    }

    /// Reads everything until the other end closes.
    package func readToEnd() throws -> [UInt8] {
        var all: [UInt8] = []
        while true {
            let bytes = try read()
            guard !bytes.isEmpty else { return all }
            all += bytes
        }
    }

    /// Writes all bytes.
    package func write(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(file.rawValue, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            rest = rest.dropFirst(try check(count))
        }
    }

    /// Says that nothing more will be written.
    package func endWriting() { _ = shutdown(file.rawValue, Int32(SHUT_WR)) }

    /// Ends both directions; whoever waits in `accept()` or `read()` returns.
    package func end() { _ = shutdown(file.rawValue, Int32(SHUT_RDWR)) }

    private func check<Number: SignedInteger>(_ result: Number) throws -> Number {
        guard result >= 0 else { throw Errno(rawValue: errno) }
        return result
    }
}

/// Runs a server on a thread of its own, and a client in this task.
///
/// - Parameters:
///   - serve: gets the listening socket.
///   - client: what is tested; when it returns, the server is to end.
/// - Throws: what the server throws, else what the client does.
package func withSocketServer<Result>(
    at path: FilePath,
    _ serve: @escaping @Sendable (BlockingSocket) throws -> Void,
    client: () async throws -> Result
) async throws -> Result {
    let listener = BlockingSocket(try UnixSocket.listen(path))
    let (end, ending) = AsyncThrowingStream.makeStream(of: Void.self)
    try DedicatedThread.start {
        do {
            try serve(listener)
            ending.finish()
        } catch {
            ending.finish(throwing: error)
        }
    }
    let result: Swift.Result<Result, any Error>
    do { result = .success(try await client()) } catch { result = .failure(error) }
    listener.end()
    for try await _ in end {}
    return try result.get()
}

/// Runs blocking work on a thread of its own, so that it cannot hold up the cooperative pool.
package func onThread<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        do {
            try DedicatedThread.start { continuation.resume(with: Swift.Result { try work() }) }
        } catch {
            continuation.resume(throwing: error)
        }
    }
}
