extension Handshake {
    /// What turns a template's clone into a machine of its own, written before the hello of the clone's first host.
    ///
    /// A record has 88 bytes: a magic number, the clock, the randomness, and another magic number. The second one shows
    /// that the record is whole: one that its host left unfinished and another host's in its place have none there.
    package struct Renewal: WireEquatable, Sendable {
        /// The size of the record.
        package static let recordLength = 88
        /// The bytes of randomness.
        package static let entropyLength = 64
        static let magic: [UInt8] = [0xA9, 0x61, 0x70, 0x75, 0x73, 0x0D, 0x0A, 0x72]
        static let endMagic: [UInt8] = [0xA9, 0x61, 0x70, 0x75, 0x73, 0x0D, 0x0A, 0x65]

        /// Wall clock, nanoseconds since 1970.
        package let realtime: Int64
        /// For the kernel's generator; nobody else may ever get the same.
        package let entropy: [UInt8]

        /// Makes a renewal; `entropy` has 64 bytes.
        package init(entropy: [UInt8], realtime: Int64) {
            precondition(entropy.count == Self.entropyLength && realtime >= 0, "a renewal needs 64 bytes and a time")
            self.entropy = entropy
            self.realtime = realtime
        }

        /// The record's bytes.
        package var bytes: [UInt8] {
            var writer = WireWriter()
            writer.raw(Self.magic)
            writer.integer(realtime)
            writer.raw(entropy)
            writer.raw(Self.endMagic)
            return writer.bytes
        }
    }
}

/// Finds a renewal record in a stream of bytes that may be anything before it, and takes none behind it.
///
/// What follows the record is for the program that takes the reader's place, so the reader must leave it where it is.
package struct RenewalScanner {
    private var buffer: [UInt8] = []

    /// Waits for a record.
    package init() {
        buffer.reserveCapacity(Handshake.Renewal.recordLength)
    }

    /// The most bytes that may be read next: any more could lie behind the record.
    package var wanted: Int { Handshake.Renewal.recordLength - buffer.count }

    /// Whether the record is there.
    package var isComplete: Bool { wanted == 0 }

    /// The clock of the record that is there, nanoseconds since 1970.
    package var realtime: Int64 {
        var reader = WireReader(buffer, from: Handshake.Renewal.magic.count)
        return (try? reader.integer()) ?? -1
    }

    /// Adds bytes, `wanted` of them at most.
    ///
    /// - Returns: whether the record is there now.
    package mutating func append(_ bytes: ArraySlice<UInt8>) -> Bool {
        buffer.append(contentsOf: bytes.prefix(wanted))
        var start = 0
        while !mayBegin(at: start) { start += 1 }
        buffer.removeFirst(start)
        return isComplete
    }

    /// Lends the randomness of the record that is there, to be used and overwritten where it is.
    package mutating func withEntropy<T>(_ body: (UnsafeMutableRawBufferPointer) -> T) -> T {
        buffer.withUnsafeMutableBytes { bytes in
            let start = min(Handshake.Renewal.magic.count + 8, bytes.count)
            let end = min(start + Handshake.Renewal.entropyLength, bytes.count)
            return body(UnsafeMutableRawBufferPointer(rebasing: bytes[start..<end]))
        }
    }

    /// Whether a record may stand at a place, as far as its bytes have arrived.
    private func mayBegin(at start: Int) -> Bool {
        guard matches(Handshake.Renewal.magic, at: start) else { return false }
        guard buffer.count - start == Handshake.Renewal.recordLength else { return true }
        let end = Handshake.Renewal.recordLength - Handshake.Renewal.endMagic.count
        return matches(Handshake.Renewal.endMagic, at: start + end) && realtime >= 0
    }

    private func matches(_ pattern: [UInt8], at start: Int) -> Bool {
        for index in 0..<min(pattern.count, max(buffer.count - start, 0))
        where buffer[start + index] != pattern[index] {
            return false
        }
        return true
    }
}
