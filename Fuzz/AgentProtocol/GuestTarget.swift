import AgentProtocol

/// A host that may say anything, against the guest's own session and streams.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzGuest(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = FuzzInput([UInt8](UnsafeBufferPointer(start: start, count: count)))
    let version = ProtocolLimits.version
    let hello = Handshake.Hello(nonce: [UInt8](repeating: 1, count: 16), tag: 0x5A5A_5A5A, versions: version...version)
    let channel = input.channel(handshake: hello.bytes, tag: hello.tag)

    var session = GuestSession()
    let items = session.receive(channel)
    precondition(session.pending <= Handshake.recordLength, "the session says more than a welcome")
    checkPieces(input.pieces(of: channel), against: items)
    checkRenewal(channel, step: max(1, input.pieceSize))

    var streams = StreamModel()
    for item in items { take(item, &streams) }
    return 0
}

private func checkPieces(_ pieces: [[UInt8]], against items: [GuestSession.Incoming]) {
    var session = GuestSession()
    var found: [GuestSession.Incoming] = []
    for piece in pieces { found += session.receive(piece) }
    precondition(found.map(summary) == items.map(summary), "the pieces in which bytes arrive make a difference")
}

/// A sealed agent takes a record whole and nothing behind it, in whatever pieces it arrives.
private func checkRenewal(_ channel: [UInt8], step: Int) {
    let whole = renewal(in: channel, step: .max)
    let pieces = renewal(in: channel, step: step)
    precondition(whole.end == pieces.end && whole.record == pieces.record, "the pieces make a difference to a record")
    guard let record = whole.record else { return }
    precondition(channel[..<whole.end].suffix(record.count).elementsEqual(record), "a record is not what arrived")
}

private func renewal(in channel: [UInt8], step: Int) -> (end: Int, record: [UInt8]?) {
    var scanner = RenewalScanner()
    var end = 0
    while end < channel.count {
        let piece = channel[end...].prefix(min(step, scanner.wanted))
        end += piece.count
        guard scanner.append(piece) else { continue }
        let entropy = scanner.withEntropy { [UInt8]($0) }
        return (end, Handshake.Renewal(entropy: entropy, realtime: scanner.realtime).bytes)
    }
    return (end, nil)
}

private func take(_ item: GuestSession.Incoming, _ streams: inout StreamModel) {
    switch item {
    case .began: streams.rewind()
    case .request(let id, .success(let request)):
        let again = try? Request(message: request.encode(id: id))
        precondition(again == request, "a request does not survive its encoding")
    case .request(_, .failure): return
    case .data(let data): streams.receive(data)
    case .credit(let credit): streams.receive(credit)
    }
}

private func summary(_ item: GuestSession.Incoming) -> [UInt8] {
    switch item {
    case .began: [0]
    case .request(let id, .success(let request)): [1] + request.encode(id: id)
    case .request(let id, .failure(let error)): [2] + Array("\(id) \(error)".utf8)
    case .data(let data): [3] + data.frame.body
    case .credit(let credit): [4] + credit.frame.body
    }
}
