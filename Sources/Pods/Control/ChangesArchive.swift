/// The bytes of an archive of a container's changes, in pieces of the sender's choice.
///
/// It ends when the archive is whole; an archive that breaks off throws.
package struct ChangesArchive: AsyncSequence, Sendable {
    package typealias Element = [UInt8]

    let events: PodSession.Events
    let name: String

    /// Reads one piece after another.
    package struct AsyncIterator: AsyncIteratorProtocol {
        var events: PodSession.Events.AsyncIterator
        let name: String
        private var isWhole = false

        fileprivate init(_ archive: ChangesArchive) {
            events = archive.events.makeAsyncIterator()
            name = archive.name
        }

        package mutating func next() async throws -> [UInt8]? {
            while !isWhole {
                switch try await events.next() {
                case .started, .trace: continue
                case .output(let bytes): return bytes
                case .ended(let exit) where exit.code == 0: isWhole = true
                case .error, .ended, nil:
                    try Task.checkCancellation()
                    throw PodsError(
                        .node,
                        "the archive of the changes of container \"\(name)\" broke off (is it still running? see \"apus ps -a\")"
                    )
                }
            }
            return nil
        }
    }

    package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(self) }
}
