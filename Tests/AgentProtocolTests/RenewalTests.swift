import AgentProtocol
import Testing

@Suite("Renewal")
struct RenewalTests {
    /// A sealed agent that reads what its port has, as much as it may, and leaves the rest.
    private struct Reader {
        var scanner = RenewalScanner()
        var port: [UInt8]

        /// Reads at most `step` bytes at a time until the record is there or the port is empty.
        mutating func read(step: Int = .max) {
            while !scanner.isComplete, !port.isEmpty {
                let piece = port.prefix(min(step, scanner.wanted))
                port.removeFirst(piece.count)
                _ = scanner.append(piece)
            }
        }
    }

    private let record = Samples.renewal.bytes

    private func entropy(_ scanner: RenewalScanner) -> [UInt8] {
        var scanner = scanner
        return scanner.withEntropy { [UInt8]($0) }
    }

    @Test("a record is read exactly, and what follows stays in the port", arguments: [1, 3, 87, 88, .max])
    func exact(step: Int) {
        let hello = HostEnd(tag: 7).hello.bytes
        var reader = Reader(port: record + hello)
        reader.read(step: step)
        #expect(reader.scanner.isComplete)
        #expect(reader.scanner.realtime == Samples.renewal.realtime)
        #expect(entropy(reader.scanner) == Samples.renewal.entropy)
        #expect(reader.port == hello)
    }

    @Test("a record behind other bytes is found", arguments: [1, 3, .max])
    func noise(step: Int) {
        let zeros = [UInt8](repeating: 0, count: Handshake.preambleLength)
        for noise in [zeros, HostEnd(tag: 7).opening, Array(record.prefix(8)), [0xA9, 0xA9, 0x61]] {
            var reader = Reader(port: noise + record + [1, 2])
            reader.read(step: step)
            #expect(reader.scanner.isComplete)
            #expect(entropy(reader.scanner) == Samples.renewal.entropy)
            #expect(reader.port == [1, 2])
        }
    }

    @Test("a record that its host left unfinished anywhere does not spoil the next host's")
    func unfinished() {
        for count in 0..<record.count {
            let next = Handshake.Renewal(entropy: [UInt8](repeating: 9, count: 64), realtime: 5)
            var reader = Reader(port: record.prefix(count) + next.bytes + [1])
            reader.read()
            #expect(reader.scanner.isComplete)
            #expect(reader.scanner.realtime == 5)
            #expect(entropy(reader.scanner) == next.entropy)
            #expect(reader.port == [1])
        }
    }

    @Test("a hello, or anything else that is not the record, does not unlock")
    func others() {
        var broken = record
        broken[record.count - 1] ^= 1
        var otherMagic = record
        otherMagic[7] = 0x68
        let past = record.prefix(8) + [UInt8](repeating: 0xFF, count: 8) + record.dropFirst(16)
        let host = HostEnd(tag: 7)
        let request = host.bytes(Frame.frames(.request, message: Request.shutdown.encode(id: 1)))
        for bytes in [broken, otherMagic, Array(past), host.opening + request, Array(record.dropLast())] {
            var reader = Reader(port: bytes)
            reader.read()
            #expect(!reader.scanner.isComplete)
            #expect(reader.port.isEmpty)
            #expect(reader.scanner.wanted > 0)
        }
    }

    @Test("the randomness can be overwritten where it is")
    func wiping() {
        var scanner = RenewalScanner()
        let isComplete = scanner.append(record[...])
        #expect(isComplete)
        scanner.withEntropy { bytes in
            for index in bytes.indices { bytes[index] = 0 }
        }
        #expect(entropy(scanner) == [UInt8](repeating: 0, count: 64))
        #expect(scanner.realtime == Samples.renewal.realtime)
    }

    @Test("more than is wanted is not taken")
    func surplus() {
        var scanner = RenewalScanner()
        let isComplete = scanner.append((record + [1, 2, 3])[...])
        #expect(isComplete)
        #expect(scanner.wanted == 0)
    }
}
