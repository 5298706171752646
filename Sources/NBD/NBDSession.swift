import NIOCore

/// What a client did against the protocol; its connection ends.
struct NBDViolation: Error, Equatable {
    let reason: String
}

/// One client's conversation, without its input and output.
///
/// Fixed newstyle negotiation and simple replies: what every client in use speaks, QEMU and the kernel's among them.
struct NBDSession {
    /// What is to be done next, in this order.
    enum Action: Equatable {
        case send(ByteBuffer)
        case read(cookie: UInt64, range: Range<Int64>)
        /// Say this, and close the connection.
        case end(ByteBuffer)
    }

    private enum Phase {
        case flags
        case options
        case requests
        /// So many bytes of a refused write are still to come.
        case skipping(UInt32)
    }

    /// More options than any client sends.
    private static let mostOptions = 64

    let size: Int64
    /// The only export's name; the empty one stands for it too.
    let export: String
    private var phase = Phase.flags
    private var padsExport = true
    private var options = 0
    private var input = ByteBuffer()

    init(size: Int64, export: String) {
        self.size = size
        self.export = export
    }

    /// What the server says before the client has said anything.
    static var greeting: ByteBuffer {
        var bytes = ByteBuffer(integer: NBDWire.greeting)
        bytes.writeInteger(NBDWire.optionMagic)
        bytes.writeInteger(UInt16(NBDWire.fixedNewstyle | NBDWire.noZeroes))
        return bytes
    }

    /// A reply to a request; the bytes of a read that succeeded follow it.
    static func reply(_ cookie: UInt64, failure: UInt32 = 0) -> ByteBuffer {
        var bytes = ByteBuffer(integer: NBDWire.replyMagic)
        bytes.writeInteger(failure)
        bytes.writeInteger(cookie)
        return bytes
    }

    mutating func append(_ bytes: ByteBuffer) {
        input.discardReadBytes()
        input.writeImmutableBuffer(bytes)
    }

    /// The next thing to do; `nil` until more has arrived.
    mutating func next() throws(NBDViolation) -> Action? {
        while true {
            switch phase {
            case .flags:
                guard let flags = input.readInteger(as: UInt32.self) else { return nil }
                try begin(flags)
            case .options:
                return try nextOption()
            case .requests:
                return try nextRequest()
            case .skipping(let count):
                let skipped = min(UInt32(clamping: input.readableBytes), count)
                input.moveReaderIndex(forwardBy: Int(skipped))
                guard skipped == count else {
                    phase = .skipping(count - skipped)
                    return nil
                }
                phase = .requests
            }
        }
    }

    private mutating func begin(_ flags: UInt32) throws(NBDViolation) {
        guard flags & ~(NBDWire.fixedNewstyle | NBDWire.noZeroes) == 0 else {
            throw NBDViolation(reason: "unknown flags \(flags)")
        }
        padsExport = flags & NBDWire.noZeroes == 0
        phase = .options
    }
}

/// Negotiation.
extension NBDSession {
    private mutating func nextOption() throws(NBDViolation) -> Action? {
        guard let (magic, option, length) = input.peekMultipleIntegers(as: (UInt64, UInt32, UInt32).self) else {
            return nil
        }
        guard magic == NBDWire.optionMagic, length <= 2 * NBDWire.longestName, options < Self.mostOptions else {
            throw NBDViolation(reason: "option \(option) of \(length) bytes")
        }
        guard input.readableBytes >= 16 + Int(length) else { return nil }
        input.moveReaderIndex(forwardBy: 16)
        options += 1
        guard let data = input.readSlice(length: Int(length)) else { return nil }
        return try answer(option, data)
    }

    private mutating func answer(_ option: UInt32, _ data: ByteBuffer) throws(NBDViolation) -> Action {
        switch option {
        case NBDWire.Option.exportName:
            guard isExport(data) else { throw NBDViolation(reason: "unknown export") }
            phase = .requests
            return .send(exportDescription(padded: padsExport))
        case NBDWire.Option.abort:
            return .end(Self.optionReply(option, NBDWire.OptionReply.acknowledge))
        case NBDWire.Option.list:
            var name = ByteBuffer(integer: UInt32(export.utf8.count))
            name.writeString(export)
            var bytes = Self.optionReply(option, NBDWire.OptionReply.server, name)
            bytes.writeImmutableBuffer(Self.optionReply(option, NBDWire.OptionReply.acknowledge))
            return .send(bytes)
        case NBDWire.Option.info, NBDWire.Option.go:
            return .send(describe(option, data))
        default:
            return .send(Self.optionReply(option, NBDWire.OptionReply.unsupported))
        }
    }

    /// Answers GO and INFO, which differ in what comes afterwards.
    private mutating func describe(_ option: UInt32, _ data: ByteBuffer) -> ByteBuffer {
        var data = data
        guard let length = data.readInteger(as: UInt32.self), let name = data.readSlice(length: Int(length)),
            let count = data.readInteger(as: UInt16.self), data.readableBytes == 2 * Int(count)
        else { return Self.optionReply(option, NBDWire.OptionReply.invalid) }
        guard isExport(name) else { return Self.optionReply(option, NBDWire.OptionReply.unknown) }
        var about = ByteBuffer(integer: NBDWire.Info.export)
        about.writeImmutableBuffer(exportDescription(padded: false))
        var limits = ByteBuffer(integer: NBDWire.Info.blockSize)
        limits.writeMultipleIntegers(UInt32(1), UInt32(4096), NBDWire.longestRequest)
        var bytes = Self.optionReply(option, NBDWire.OptionReply.info, about)
        bytes.writeImmutableBuffer(Self.optionReply(option, NBDWire.OptionReply.info, limits))
        bytes.writeImmutableBuffer(Self.optionReply(option, NBDWire.OptionReply.acknowledge))
        if option == NBDWire.Option.go { phase = .requests }
        return bytes
    }

    private func isExport(_ name: ByteBuffer) -> Bool {
        name.readableBytes == 0 || name.readableBytesView.elementsEqual(export.utf8)
    }

    private func exportDescription(padded: Bool) -> ByteBuffer {
        var bytes = ByteBuffer(integer: UInt64(size))
        bytes.writeInteger(NBDWire.transmissionFlags)
        if padded { bytes.writeRepeatingByte(0, count: 124) }
        return bytes
    }

    private static func optionReply(_ option: UInt32, _ type: UInt32, _ data: ByteBuffer = ByteBuffer()) -> ByteBuffer {
        var bytes = ByteBuffer(integer: NBDWire.optionReplyMagic)
        bytes.writeMultipleIntegers(option, type, UInt32(data.readableBytes))
        bytes.writeImmutableBuffer(data)
        return bytes
    }
}

/// Transmission.
extension NBDSession {
    private mutating func nextRequest() throws(NBDViolation) -> Action? {
        typealias Header = (UInt32, UInt16, UInt16, UInt64, UInt64, UInt32)
        guard let (magic, _, command, cookie, offset, length) = input.readMultipleIntegers(as: Header.self) else {
            return nil
        }
        guard magic == NBDWire.requestMagic else { throw NBDViolation(reason: "no request where one was due") }
        switch command {
        case NBDWire.Command.read:
            guard let range = range(offset, length) else {
                return .send(Self.reply(cookie, failure: NBDWire.Failure.invalid))
            }
            return .read(cookie: cookie, range: range)
        case NBDWire.Command.write:
            guard length <= NBDWire.longestRequest else { throw NBDViolation(reason: "a write of \(length) bytes") }
            phase = .skipping(length)
            return .send(Self.reply(cookie, failure: NBDWire.Failure.notPermitted))
        case NBDWire.Command.disconnect:
            return .end(ByteBuffer())
        case NBDWire.Command.flush:
            return .send(Self.reply(cookie))
        default:
            return .send(Self.reply(cookie, failure: NBDWire.Failure.invalid))
        }
    }

    /// What a read asks for; `nil` if that is nothing, too much, or not all within the disk.
    private func range(_ offset: UInt64, _ length: UInt32) -> Range<Int64>? {
        guard (1...NBDWire.longestRequest).contains(length), offset <= UInt64(size) else { return nil }
        let start = Int64(offset)
        guard Int64(length) <= size - start else { return nil }
        return start..<start + Int64(length)
    }
}
