#if !hasFeature(Embedded)
    /// The host's side of a session with the guest's agent, without I/O: bytes in, meaning out.
    package struct HostSession: Sendable {
        /// What arrived, in order.
        package enum Incoming: WireEquatable, Sendable {
            /// The guest has answered the hello; frames may be sent.
            case welcomed
            /// The answer to a request.
            case response(UInt32, Response)
            /// News.
            case event(Event)
            /// A process's output.
            case data(StreamData)
            /// How far the guest is with a process's input.
            case credit(StreamCredit)
        }

        /// Why a session cannot go on.
        package enum Failure: Error, WireEquatable, Sendable {
            /// The guest speaks no version that this host does.
            case version
            /// The guest's frames or messages break the protocol.
            case protocolViolation
        }

        private let hello: Handshake.Hello
        private var scanner: HandshakeScanner?
        private var decoder: FrameDecoder
        private var responses = MessageAssembler()
        private var events = MessageAssembler()

        /// Begins a session with a random nonce and tag.
        package init(using generator: inout some RandomNumberGenerator) {
            let nonce = (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            let tag = UInt32.random(in: 1 ... .max, using: &generator)
            let version = ProtocolLimits.version
            hello = Handshake.Hello(nonce: nonce, tag: tag, versions: version...version)
            scanner = Handshake.welcomeScanner(for: hello)
            decoder = FrameDecoder(tag: tag)
        }

        /// The first bytes to send.
        ///
        /// - Parameter fresh: whether nobody has spoken to this guest before; else whatever the last host left unfinished
        ///   is completed with zeros first.
        package func opening(fresh: Bool) -> [UInt8] {
            (fresh ? [] : [UInt8](repeating: 0, count: Handshake.preambleLength)) + hello.bytes
        }

        /// The bytes of frames.
        package func encode(_ frames: [Frame]) -> [UInt8] {
            var bytes: [UInt8] = []
            for frame in frames { frame.encode(tag: hello.tag, into: &bytes) }
            return bytes
        }

        /// Takes bytes from the channel.
        package mutating func receive(_ bytes: [UInt8]) throws(Failure) -> [Incoming] {
            var found: [Incoming] = []
            var unread = bytes
            if var waiting = scanner {
                let match = waiting.append(unread)
                scanner = waiting
                guard let match else { return [] }
                try check(match.record)
                scanner = nil
                unread = match.rest
                found.append(.welcomed)
            }
            decoder.append(unread)
            try decode(into: &found)
            return found
        }

        private mutating func decode(into found: inout [Incoming]) throws(Failure) {
            do throws(FrameDecoder.Failure) {
                while let frame = try decoder.next() {
                    do throws(WireError) {
                        if let item = try parse(frame) { found.append(item) }
                    } catch {
                        throw FrameDecoder.Failure.malformedHeader
                    }
                }
            } catch {
                throw .protocolViolation
            }
        }

        private func check(_ record: [UInt8]) throws(Failure) {
            guard Handshake.Welcome.version(inRecord: record) == ProtocolLimits.version else { throw .version }
        }

        private mutating func parse(_ frame: Frame) throws(WireError) -> Incoming? {
            switch frame.kind {
            case .response:
                guard let message = try responses.append(frame) else { return nil }
                return .response(try Request.id(of: message), try Response(message: message))
            case .event:
                guard let message = try events.append(frame) else { return nil }
                return .event(try Event(message: message))
            case .data: return .data(try StreamData(body: frame.body))
            case .credit: return .credit(try StreamCredit(body: frame.body))
            case .request: throw .invalid
            }
        }
    }
#endif
