extension PodService {
    /// Tells the terminal of a running pod's process its size.
    package func resize(_ nameOrID: String, rows: UInt16, columns: UInt16) async throws {
        try await ask(.resize(rows: rows, columns: columns), of: nameOrID) { session in
            for try await event in session.events where event == .started { return }
            throw Self.ended(nameOrID)
        }
    }

    /// What a running pod uses.
    package func usage(_ nameOrID: String) async throws -> PodUsage {
        try await ask(.usage, of: nameOrID) { session in
            for try await event in session.events {
                if case .output(let json) = event { return try JSON.decode(PodUsage.self, json) }
            }
            throw Self.ended(nameOrID)
        }
    }

    /// The processes of a running pod's container, by their numbers.
    package func processes(_ nameOrID: String) async throws -> [PodProcess] {
        try await ask(.processes, of: nameOrID) { session in
            for try await event in session.events {
                if case .output(let json) = event { return try JSON.decode([PodProcess].self, json) }
            }
            throw Self.ended(nameOrID)
        }
    }

    /// Reads a file of a running pod's container; symbolic links are followed as the container would.
    ///
    /// - Parameters:
    ///   - limit: how many bytes are wanted; `nil` for all.
    ///   - body: gets the file's size, which a folder has none, and then its bytes; a file that grows meanwhile has more.
    package func readFile<Result>(
        _ nameOrID: String,
        _ path: String,
        atMost limit: UInt64? = nil,
        _ body: (UInt64?, FileBytes) async throws -> Result
    ) async throws -> Result {
        try await ask(.readFile(path: path, limit: limit), of: nameOrID) { session in
            var events = session.events.makeAsyncIterator()
            guard case .output(let answer)? = try await events.next() else { throw Self.ended(nameOrID) }
            let size = UInt64(String(decoding: answer, as: UTF8.self))
            return try await body(size, FileBytes(events: session.events, name: nameOrID))
        }
    }

    /// Makes or replaces a file of a running pod's container; its folder must be there.
    ///
    /// - Parameter body: is called with what takes the bytes.
    package func writeFile(
        _ nameOrID: String,
        _ path: String,
        mode: UInt32,
        _ body: (_ write: ([UInt8]) async throws -> Void) async throws -> Void
    ) async throws {
        try await ask(.writeFile(path: path, mode: mode & 0o7777), of: nameOrID) { session in
            try await body { try await session.write($0) }
            try await session.finishInput()
            for try await event in session.events where event == .started { return }
            throw Self.ended(nameOrID)
        }
    }

    private func ask<Result>(
        _ request: ControlRequest,
        of nameOrID: String,
        _ body: (PodSession) async throws -> Result
    ) async throws -> Result {
        try await PodSession.with(socket: try await running(nameOrID).socket, request, body)
    }

    private static func ended(_ nameOrID: String) -> PodsError {
        PodsError(.conflict, "container \"\(nameOrID)\" ended before it answered")
    }
}

/// The bytes of a container's file, in pieces; a file that breaks off throws.
package struct FileBytes: AsyncSequence, Sendable {
    package typealias Element = [UInt8]

    let events: PodSession.Events
    let name: String

    /// Reads one piece after another.
    package struct AsyncIterator: AsyncIteratorProtocol {
        var events: PodSession.Events.AsyncIterator
        let name: String

        package mutating func next() async throws -> [UInt8]? {
            while true {
                switch try await events.next() {
                case .output(let bytes): return bytes
                case .ended: return nil
                case .started, .trace, .error: continue
                case nil: throw PodsError(.conflict, "container \"\(name)\" ended while its file was read")
                }
            }
        }
    }

    package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(events: events.makeAsyncIterator(), name: name) }
}
