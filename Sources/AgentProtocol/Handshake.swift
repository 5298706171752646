/// The first words of a session, and how both ends find them in whatever a dead host left behind.
///
/// The channel outlives the hosts that use it. A new host sends `preamble` (zeros enough to complete any frame that
/// its predecessor left unfinished, which the wrong tag then reveals) and a `Hello` with a random nonce; the guest,
/// thrown out of step, looks for the hello's magic number. The guest answers with a `Welcome` that repeats the nonce,
/// which the host looks for among stale bytes: no earlier session can have contained it.
package enum Handshake {
    /// The size of both records.
    package static let recordLength = 32
    /// Bytes of zero that complete any unfinished frame, whatever its header promised.
    package static let preambleLength = Frame.headerLength + ProtocolLimits.frame + Frame.trailerLength

    static let helloMagic: [UInt8] = [0xA9, 0x61, 0x70, 0x75, 0x73, 0x0D, 0x0A, 0x68]
    static let welcomeMagic: [UInt8] = [0xA9, 0x61, 0x70, 0x75, 0x73, 0x0D, 0x0A, 0x77]

    /// What a host says first.
    package struct Hello: WireEquatable, Sendable {
        /// Random; the welcome repeats it.
        package let nonce: [UInt8]
        /// Ends every frame of the session; never 0.
        package let tag: UInt32
        /// The oldest and the newest version that the host speaks.
        package let versions: ClosedRange<UInt16>

        /// Makes a hello; `nonce` has 16 bytes.
        package init(nonce: [UInt8], tag: UInt32, versions: ClosedRange<UInt16>) {
            precondition(nonce.count == 16 && tag != 0, "a hello needs 16 bytes of nonce and a tag")
            self.nonce = nonce
            self.tag = tag
            self.versions = versions
        }

        /// The record's bytes.
        package var bytes: [UInt8] {
            var writer = WireWriter()
            writer.raw(helloMagic)
            writer.raw(nonce)
            writer.integer(tag)
            writer.integer(versions.lowerBound)
            writer.integer(versions.upperBound)
            return writer.bytes
        }

        /// Reads a record that a scanner found.
        package init?(record: [UInt8]) {
            var reader = WireReader(record, from: helloMagic.count)
            guard let nonce = try? reader.raw(16), let tag = try? reader.integer(UInt32.self), tag != 0,
                let low = try? reader.integer(UInt16.self), let high = try? reader.integer(UInt16.self), low <= high
            else { return nil }
            self.init(nonce: nonce, tag: tag, versions: low...high)
        }
    }

    /// What the guest answers.
    package struct Welcome: WireEquatable, Sendable {
        /// The hello's nonce.
        package let nonce: [UInt8]
        /// The version of the session, or 0 when the guest speaks none that the host does.
        package let version: UInt16

        /// Answers a hello with the newest version that both speak.
        package init(answering hello: Hello) {
            nonce = hello.nonce
            version = hello.versions.contains(ProtocolLimits.version) ? ProtocolLimits.version : 0
        }

        /// The record's bytes.
        package var bytes: [UInt8] {
            var writer = WireWriter()
            writer.raw(welcomeMagic)
            writer.raw(nonce)
            writer.integer(version)
            writer.raw([UInt8](repeating: 0, count: 6))
            return writer.bytes
        }

        /// The version in a record that a scanner found behind this hello's nonce.
        package static func version(inRecord record: [UInt8]) -> UInt16? {
            var reader = WireReader(record, from: welcomeMagic.count + 16)
            return try? reader.integer(UInt16.self)
        }
    }

    /// Finds any hello: the guest's side.
    package static func helloScanner() -> HandshakeScanner { HandshakeScanner(pattern: helloMagic) }

    /// Finds the welcome that answers this hello: the host's side.
    package static func welcomeScanner(for hello: Hello) -> HandshakeScanner {
        HandshakeScanner(pattern: welcomeMagic + hello.nonce)
    }
}
