import AgentProtocol
import FoundationEssentials

/// Writes the fuzzers' first inputs: one of every message, small sessions, and sessions that were cut short.
@main
enum Seeds {
    static func main() throws {
        let root = URL(filePath: CommandLine.arguments.dropFirst().first ?? "Fuzz/Corpus")
        try write(guest, to: root.appending(path: "agent-guest"))
        try write(host, to: root.appending(path: "agent-host"))
    }

    private static func write(_ inputs: [(name: String, input: FuzzInput)], to folder: URL) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for (name, input) in inputs { try Data(input.bytes).write(to: folder.appending(path: name)) }
    }

    private static func numbered(_ name: String, _ inputs: [FuzzInput]) -> [(name: String, input: FuzzInput)] {
        inputs.enumerated().map { ("\(name)-\($0.offset + 1)", $0.element) }
    }

    private static func framed(_ kind: Frame.Kind, _ messages: [[UInt8]]) -> [FuzzInput] {
        messages.map { FuzzInput(frames: Frame.frames(kind, message: $0)) }
    }

    private static let streams: [Frame] = (0..<4 as Range<UInt64>).flatMap { place in
        let stream = StreamID(process: 0, channel: .output)
        return [
            StreamData(stream: stream, offset: place * 8, end: place == 3, bytes: [UInt8](repeating: 1, count: 8))
                .frame,
            StreamCredit(stream: stream, acknowledged: place * 20, limit: 100 + place * 20).frame,
        ]
    }

    private static var guest: [(name: String, input: FuzzInput)] {
        let dead = HostEnd(tag: 0x5A5A_5A5A)
        let next = HostEnd(tag: 7)
        let request = Frame.frames(.request, message: Samples.requests[3].encode(id: 1))
        let cut = dead.hello.bytes + dead.bytes(request).dropLast(6) + next.opening + next.bytes(request)
        return numbered("request", framed(.request, Samples.requests.map { $0.encode(id: 1) }))
            + [
                ("streams", FuzzInput(frames: streams, pieceSize: 7)),
                ("greeted", FuzzInput(.greeted, content: dead.bytes(request + streams))),
                ("raw", FuzzInput(.raw, pieceSize: 3, content: [0xA9] + dead.hello.bytes + dead.bytes(request))),
                ("cut", FuzzInput(.raw, content: cut)),
                ("renewal", FuzzInput(.raw, pieceSize: 5, content: Samples.renewal.bytes + next.opening)),
                (
                    "renewal-cut",
                    FuzzInput(.raw, content: Samples.renewal.bytes.dropLast(9) + Samples.renewal.bytes + [1])
                ),
            ]
    }

    private static var host: [(name: String, input: FuzzInput)] {
        let event = Frame(kind: .event, body: Samples.events[0].encode())
        return numbered("response", framed(.response, Samples.responses.map { $0.encode(id: 1) }))
            + numbered("event", framed(.event, Samples.events.map { $0.encode() }))
            + [
                ("streams", FuzzInput(frames: [event] + streams, pieceSize: 7)),
                ("greeted", FuzzInput(.greeted, content: HostEnd(tag: 7).bytes([event]))),
                ("raw", FuzzInput(.raw, content: Handshake.Welcome(answering: HostEnd(tag: 7).hello).bytes)),
            ]
    }
}
