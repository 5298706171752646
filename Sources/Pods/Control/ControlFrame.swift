/// One message between a pod's attendant and a client.
///
/// On the socket: a kind, the length of the content as 32 bits little-endian, the content. A connection serves one
/// request, so the socket's own back-pressure is all the flow control that is needed.
enum ControlFrame: Equatable, Sendable {
    /// Client: what it wants, as JSON.
    case request([UInt8])
    /// Client: bytes for standard input.
    case input([UInt8])
    /// Client: standard input has ended.
    case inputEnd
    /// Client: the terminal's size.
    case resize(rows: UInt16, columns: UInt16)
    /// Client: a signal for the process.
    case signal(UInt8)
    /// Attendant: it has taken the client in; from now on the client misses nothing.
    case ready
    /// Attendant: the process runs.
    case started
    /// Attendant: bytes of standard output.
    case output([UInt8])
    /// Attendant: bytes of standard error.
    case error([UInt8])
    /// Attendant: the process has ended, or could not start; a `PodExit` as JSON.
    case ended([UInt8])
    /// Attendant: where the time went; spans as JSON. It comes before `ended` to whom it was promised.
    case trace([UInt8])
    /// Attendant: the request cannot be done; a `ControlFailure` as JSON.
    case failed([UInt8])

    /// The largest content.
    static let bound = 2 << 20
    /// Bytes before the content.
    static let headerLength = 5

    /// The frame's bytes.
    var encoded: [UInt8] {
        let content = content
        let length = UInt32(content.count)
        return [kind] + (0..<4).map { UInt8(truncatingIfNeeded: length >> (8 * UInt32($0))) } + content
    }

    private var kind: UInt8 {
        switch self {
        case .request: 1
        case .input: 2
        case .inputEnd: 3
        case .resize: 4
        case .signal: 5
        case .started: 6
        case .output: 7
        case .error: 8
        case .ended: 9
        case .failed: 10
        case .trace: 11
        case .ready: 12
        }
    }

    private var content: [UInt8] {
        switch self {
        case .request(let bytes), .input(let bytes), .output(let bytes), .error(let bytes), .ended(let bytes),
            .failed(let bytes), .trace(let bytes):
            bytes
        case .inputEnd, .started, .ready: []
        case .resize(let rows, let columns):
            [
                UInt8(truncatingIfNeeded: rows), UInt8(rows >> 8), UInt8(truncatingIfNeeded: columns),
                UInt8(columns >> 8),
            ]
        case .signal(let number): [number]
        }
    }

    init?(kind: UInt8, content: [UInt8]) {
        switch (kind, content.count) {
        case (1, _): self = .request(content)
        case (2, _): self = .input(content)
        case (3, 0): self = .inputEnd
        case (4, 4):
            self = .resize(
                rows: UInt16(content[0]) | UInt16(content[1]) << 8,
                columns: UInt16(content[2]) | UInt16(content[3]) << 8
            )
        case (5, 1): self = .signal(content[0])
        case (6, 0): self = .started
        case (7, _): self = .output(content)
        case (8, _): self = .error(content)
        case (9, _): self = .ended(content)
        case (10, _): self = .failed(content)
        case (11, _): self = .trace(content)
        case (12, 0): self = .ready
        default: return nil
        }
    }
}

/// Turns a connection's bytes into frames, however they arrive in pieces.
struct ControlFrameDecoder {
    private var buffer: [UInt8] = []
    private var start = 0

    mutating func append(_ bytes: some Collection<UInt8>) {
        buffer.removeFirst(start)
        start = 0
        buffer.append(contentsOf: bytes)
    }

    /// The next whole frame, or `nil` until more bytes arrive.
    mutating func next() throws(PodsError) -> ControlFrame? {
        let header = ControlFrame.headerLength
        guard buffer.count - start >= header else { return nil }
        let length = (0..<4).reduce(0) { $0 | Int(buffer[start + 1 + $1]) << (8 * $1) }
        guard length <= ControlFrame.bound else { throw Self.malformed }
        guard buffer.count - start >= header + length else { return nil }
        let content = Array(buffer[start + header..<start + header + length])
        guard let frame = ControlFrame(kind: buffer[start], content: content) else { throw Self.malformed }
        start += header + length
        return frame
    }

    private static let malformed = PodsError(.node, "the other end of the pod's socket does not speak our protocol")
}
