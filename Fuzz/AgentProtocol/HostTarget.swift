import AgentProtocol

/// A hostile guest, which may say anything, against the host's own session and streams.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzHost(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = FuzzInput([UInt8](UnsafeBufferPointer(start: start, count: count)))
    var generator = SeededGenerator(seed: 1)
    let fresh = HostSession(using: &generator)
    guard let hello = Handshake.Hello(record: fresh.opening(fresh: true)) else {
        preconditionFailure("the host's opening is no hello")
    }
    let channel = input.channel(handshake: Handshake.Welcome(answering: hello).bytes, tag: hello.tag)

    let whole = receive([channel], by: fresh)
    let pieces = receive(input.pieces(of: channel), by: fresh)
    precondition(whole.failed == pieces.failed, "the pieces in which bytes arrive decide whether they are refused")
    // A refusal throws away what the same call had decoded, so that the pieces may tell more.
    precondition(whole.failed || whole.items == pieces.items, "the pieces in which bytes arrive make a difference")

    var streams = StreamModel()
    for item in pieces.items { take(item, &streams) }
    return 0
}

private func receive(_ pieces: [[UInt8]], by session: HostSession) -> (items: [HostSession.Incoming], failed: Bool) {
    var session = session
    var items: [HostSession.Incoming] = []
    do {
        for piece in pieces { items += try session.receive(piece) }
        return (items, false)
    } catch {
        return (items, true)
    }
}

private func take(_ item: HostSession.Incoming, _ streams: inout StreamModel) {
    switch item {
    case .welcomed: return
    case .response(let id, let response):
        let again = try? Response(message: response.encode(id: id))
        precondition(again == response, "a response does not survive its encoding")
    case .event(let event):
        precondition((try? Event(message: event.encode())) == event, "an event does not survive its encoding")
    case .data(let data): streams.receive(data)
    case .credit(let credit): streams.receive(credit)
    }
}
