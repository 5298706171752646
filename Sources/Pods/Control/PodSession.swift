import Linux
import NIOCore
import NIOPosix
import Sandboxes
import SystemPackage

/// A client's connection to a process of a pod: what it writes, what it reads, and its end.
package struct PodSession: Sendable {
    /// What arrives from a process.
    package enum Event: Sendable, Equatable {
        /// It runs now.
        case started
        /// Bytes of standard output; with a terminal, everything.
        case output([UInt8])
        /// Bytes of standard error.
        case error([UInt8])
        /// Where its start's time went, when that was asked for.
        case trace([Trace.Span])
        /// It has ended.
        case ended(PodExit)
    }

    /// What arrives, in order; for one reader.
    package let events: Events
    private let connection: ControlConnection

    /// Sends bytes to standard input; waits while the process does not read.
    package func write(_ bytes: [UInt8]) async throws {
        for start in stride(from: 0, to: bytes.count, by: 64 * 1024) {
            try await connection.send(.input(Array(bytes[start..<min(start + 64 * 1024, bytes.count)])))
        }
    }

    /// Ends standard input.
    package func finishInput() async throws { try await connection.send(.inputEnd) }

    /// Tells the terminal its size.
    package func resize(rows: UInt16, columns: UInt16) async throws {
        try await connection.send(.resize(rows: rows, columns: columns))
    }

    /// Sends a signal to the process.
    package func signal(_ number: UInt8) async throws { try await connection.send(.signal(number)) }

    /// The events of a session.
    package struct Events: AsyncSequence, Sendable {
        package typealias Element = Event
        let frames: FrameReader

        /// Reads one event after another; after the last, the connection's end.
        package struct AsyncIterator: AsyncIteratorProtocol {
            let frames: FrameReader

            package mutating func next() async throws -> Event? {
                while let frame = try await frames.next() {
                    switch frame {
                    case .ready: continue
                    case .started: return .started
                    case .output(let bytes): return .output(bytes)
                    case .error(let bytes): return .error(bytes)
                    case .trace(let json): return .trace(try JSON.decode([Trace.Span].self, json))
                    case .ended(let json): return .ended(try JSON.decode(PodExit.self, json))
                    case .failed(let json): throw try JSON.decode(ControlFailure.self, json).error
                    default: throw PodsError(.node, "the pod's attendant does not speak our protocol")
                    }
                }
                return nil
            }
        }

        package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(frames: frames) }
    }

    /// Connects to an attendant, makes a request, and runs a body with the session.
    ///
    /// - Parameter waitsForReady: whether the body begins only when the attendant has taken the client in; one that is
    ///   about to go, or gone, is an error before.
    static func with<Result>(
        socket: FilePath,
        _ request: ControlRequest,
        waitsForReady: Bool = false,
        _ body: (PodSession) async throws -> Result
    ) async throws -> Result {
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .connect(unixDomainSocketPath: socket.string) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            let connection = ControlConnection(outbound)
            let frames = FrameReader(inbound)
            try await connection.send(.request(try JSON.encode(request)))
            if waitsForReady { try await expectReady(frames) }
            return try await body(PodSession(events: Events(frames: frames), connection: connection))
        }
    }

    private static func expectReady(_ frames: FrameReader) async throws {
        switch try await frames.next() {
        case .ready: return
        case .failed(let json): throw try JSON.decode(ControlFailure.self, json).error
        case nil: throw PodsError(.leaving, "the pod's attendant ended before it answered")
        default: throw PodsError(.node, "the pod's attendant does not speak our protocol")
        }
    }
}

/// Reads a connection's frames for one reader after another, as whoever connects reads the first one.
actor FrameReader {
    private var frames: ControlFrames.AsyncIterator

    init(_ inbound: NIOAsyncChannelInboundStream<ByteBuffer>) {
        frames = ControlFrames(inbound: inbound).makeAsyncIterator()
    }

    /// The next frame, or `nil` at the connection's end.
    func next() async throws -> ControlFrame? {
        var frames = frames
        defer { self.frames = frames }
        return try await frames.next(isolation: self)
    }
}
