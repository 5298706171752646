/// A queue of bytes that grows by what it holds and gives memory back when it is empty.
package struct ByteQueue {
    private var storage: [UInt8] = []
    private var head = 0

    /// An empty queue.
    package init() {}

    /// How many bytes it holds.
    package var count: Int { storage.count - head }
    /// Whether it holds none.
    package var isEmpty: Bool { count == 0 }

    /// Adds bytes at the end.
    package mutating func append(_ bytes: some Collection<UInt8>) {
        if head > 0, head >= storage.count / 2 {
            storage.removeFirst(head)
            head = 0
        }
        storage.append(contentsOf: bytes)
    }

    /// A copy of up to `count` bytes, starting `offset` bytes behind the first.
    package func copy(from offset: Int, count: Int) -> [UInt8] {
        let start = min(head + offset, storage.count)
        return [UInt8](storage[start..<min(start + count, storage.count)])
    }

    /// Lets a body see the first bytes without copying them.
    package func withFirstBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        storage.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[head...])) }
    }

    /// Drops the first bytes.
    package mutating func removeFirst(_ count: Int) {
        head = min(head + count, storage.count)
        guard head == storage.count else { return }
        storage = []
        head = 0
    }
}
