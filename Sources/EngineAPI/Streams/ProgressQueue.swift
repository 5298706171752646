import Images
import Synchronization

/// News of a transfer on their way to a client: taken from any thread, written as fast as the client reads.
///
/// Counts of bytes that a slow client has not got yet are replaced by newer ones; so what waits is bounded by what a
/// transfer has to say, a few lines for each of an image's layers.
final class ProgressQueue: Sendable {
    private let pending = Mutex<[ProgressMessage]>([])
    /// Fires when there is something to say, and ends after `finish()`; then something may be left.
    let news: AsyncStream<Void>
    private let announce: AsyncStream<Void>.Continuation

    init() { (news, announce) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

    /// Adds a message; the handler of a transfer.
    func take(_ message: ProgressMessage) {
        pending.withLock { pending in
            if message.current != nil,
                let last = pending.lastIndex(where: { $0.id == message.id }), pending[last].status == message.status
            {
                pending[last] = message
            } else {
                pending.append(message)
            }
        }
        announce.yield()
    }

    /// Says that no message follows.
    func finish() { announce.finish() }

    /// What there is to say now.
    func takeAll() -> [ProgressMessage] {
        pending.withLock { pending in
            defer { pending = [] }
            return pending
        }
    }
}
