import Hummingbird
import Linux
import NIOCore
import NIOPosix

import struct SystemPackage.FileDescriptor

/// An answer of what a piece of work writes to a descriptor, as fast as the client reads.
enum PipedAnswer {
    /// Answers with a stream of bytes.
    static func of(
        type: String,
        _ work: @escaping @Sendable (FileDescriptor) async throws -> Void
    ) -> Response {
        Response(
            status: .ok,
            headers: [.contentType: type],
            body: ResponseBody { writer in
                let ends = try FileDescriptor.pipe(capacity: 1 << 20)
                let source = try await open(ends.readEnd, else: ends.writeEnd)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        let output = OwnedFD(taking: ends.writeEnd.rawValue)
                        try await work(output.descriptor)
                        // The end of the stream, and not before: the descriptor is borrowed above.
                        _ = consume output
                    }
                    do {
                        try await source.executeThenClose { bytes, _ in
                            for try await piece in bytes { try await writer.write(piece) }
                        }
                    } catch {
                        group.cancelAll()
                        throw error
                    }
                    try await group.next()
                }
                try await writer.finish(nil)
            }
        )
    }

    private static func open(
        _ readEnd: FileDescriptor,
        else writeEnd: FileDescriptor
    ) async throws -> NIOAsyncChannel<ByteBuffer, Never> {
        do {
            return try await NIOPipeBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .takingOwnershipOfDescriptor(input: readEnd.rawValue) { channel in
                    channel.eventLoop.makeCompletedFuture { try NIOAsyncChannel(wrappingChannelSynchronously: channel) }
                }
        } catch {
            for end in [readEnd, writeEnd] { _ = OwnedFD(taking: end.rawValue) }
            throw error
        }
    }
}
