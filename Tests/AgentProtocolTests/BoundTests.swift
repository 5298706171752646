import AgentProtocol
import Testing

@Suite("Bounds")
struct BoundTests {
    /// A request that must be refused, and why.
    struct Refusal: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let request: Request
        let error: WireError

        init(_ description: String, _ request: Request, _ error: WireError = .invalid) {
            testDescription = description
            self.request = request
            self.error = error
        }

        static func container(
            _ description: String,
            _ error: WireError = .invalid,
            _ change: (inout ContainerSpec) -> Void
        ) -> Refusal {
            var spec = Samples.container
            change(&spec)
            return Refusal(description, .createContainer(spec), error)
        }

        static func process(
            _ description: String,
            _ error: WireError = .invalid,
            _ change: (inout ProcessSpec) -> Void
        ) -> Refusal {
            container(description, error) { change(&$0.process) }
        }

        static func pod(
            _ description: String,
            _ error: WireError = .invalid,
            _ change: (inout PodConfiguration) -> Void
        ) -> Refusal {
            var pod = Samples.pod
            change(&pod)
            return Refusal(description, .configurePod(pod), error)
        }
    }

    static func text(_ count: Int) -> String { String(repeating: "x", count: count) }

    static let limit = UInt32(ProtocolLimits.fileChunk)

    static let refusals: [Refusal] = [
        Refusal("a long id", .startContainer(id: text(65)), .tooLong),
        Refusal("a NUL in an id", .removeContainer(id: "a\0b")),
        Refusal(
            "a read of too much",
            .readFile(FileRange(container: "a", path: "/", offset: 0, count: limit + 1)),
            .tooLong
        ),
        Refusal(
            "a read from beyond any file",
            .readFile(FileRange(container: "a", path: "/", offset: 1 << 63, count: 1)),
            .tooLong
        ),
        Refusal(
            "a write of too much",
            .writeFile(
                FileWrite(
                    container: "a",
                    path: "/",
                    mode: 0,
                    offset: 0,
                    bytes: [UInt8](repeating: 0, count: ProtocolLimits.fileChunk + 1)
                )
            ),
            .tooLong
        ),
        Refusal(
            "a mode beyond the permission bits",
            .writeFile(FileWrite(container: "a", path: "/", mode: 0o10000, offset: 0, bytes: []))
        ),
        Refusal(
            "a write beyond any file",
            .writeFile(FileWrite(container: "a", path: "/", mode: 0, offset: 1 << 63, bytes: []))
        ),
        .container("no layer") { $0.layers = [] },
        .container("too many layers", .tooLong) { $0.layers = Array(repeating: $0.layers[0], count: 129) },
        .container("a long serial of a layer", .tooLong) { $0.layers[0].serial = text(65) },
        .container("too many mounts", .tooLong) { $0.mounts = Array(repeating: $0.mounts[0], count: 257) },
        .container("a relative mount") { $0.mounts[0].destination = "proc" },
        .container("a long mount", .tooLong) { $0.mounts[0].destination = "/" + text(4095) },
        .container("a long serial", .tooLong) { $0.writable = .disk(serial: text(65)) },
        .container("too many sysctls", .tooLong) { $0.sysctls = Array(repeating: $0.sysctls[0], count: 257) },
        .process("no argument") { $0.arguments = [] },
        .process("a NUL in an argument") { $0.arguments = ["a\0"] },
        .process("a long argument", .tooLong) { $0.arguments = [text(ProtocolLimits.string + 1)] },
        .process("too many arguments", .tooLong) {
            $0.arguments = Array(repeating: "", count: ProtocolLimits.list + 1)
        },
        .process("too many variables", .tooLong) {
            $0.environment = Array(repeating: "", count: ProtocolLimits.list + 1)
        },
        .process("too many groups", .tooLong) { $0.additionalGroups = Array(repeating: 1, count: 1025) },
        .process("a long filter", .tooLong) { $0.seccomp = [UInt8](repeating: 0, count: 8 * 4096 + 8) },
        .process("a filter of half an instruction") { $0.seccomp = [1, 2, 3, 4] },
        .process("an unknown resource") { $0.resourceLimits[0].resource = 16 },
        .process("a soft limit above the hard one") { $0.resourceLimits[0].hard = 1 },
        .process("too many limits", .tooLong) {
            $0.resourceLimits = Array(repeating: $0.resourceLimits[0], count: 33)
        },
        .pod("a long host name", .tooLong) { $0.hostname = text(65) },
        .pod("too much entropy", .tooLong) { $0.entropy = [UInt8](repeating: 0, count: 65) },
        Refusal("no layer to retain", .retain([])),
        Refusal("too many layers to retain", .retain(Array(repeating: LayerSource(serial: "a"), count: 129)), .tooLong),
        .pod("a long interface name", .tooLong) { $0.interfaces[0].name = text(16) },
        .pod("half a hardware address") { $0.interfaces[0].mac = [1, 2, 3] },
        .pod("too many interfaces", .tooLong) { $0.interfaces = Array(repeating: $0.interfaces[1], count: 17) },
        .pod("an address of 5 bytes") { $0.interfaces[0].addresses[0].address = [1, 2, 3, 4, 5] },
        .pod("a prefix longer than the address") { $0.interfaces[0].addresses[0].prefix = 33 },
        .pod("a gateway of another family") { $0.interfaces[0].routes[0].gateway = [UInt8](repeating: 0, count: 16) },
    ]

    @Test("a request beyond a bound is refused", arguments: refusals)
    func refused(refusal: Refusal) {
        #expect(throws: refusal.error) { try Request(message: refusal.request.encode(id: 1)) }
    }

    @Test(
        "a container's name may not lead out of its folder",
        arguments: ["", ".", "..", ".a", "-a", "a/b", "a b", "ü", "a\n"]
    )
    func invalidID(id: String) {
        var spec = Samples.container
        spec.id = id
        #expect(throws: WireError.invalid) { try Request(message: Request.createContainer(spec).encode(id: 1)) }
    }

    @Test("what reaches a bound exactly is accepted")
    func exactBounds() throws {
        var spec = Samples.container
        spec.id = Self.text(64)
        spec.layers = Array(repeating: LayerSource(serial: Self.text(64), partition: 255), count: 128)
        spec.process.arguments = [Self.text(ProtocolLimits.string)]
        spec.process.environment = Array(repeating: "A=", count: ProtocolLimits.list)
        let request = Request.createContainer(spec)
        #expect(try Request(message: request.encode(id: 1)) == request)
        let piece = [UInt8](repeating: 1, count: ProtocolLimits.fileChunk)
        let write = Request.writeFile(FileWrite(container: "a", path: "/", mode: 0o7777, offset: 0, bytes: piece))
        #expect(try Request(message: write.encode(id: 1)) == write)
    }

    @Test(
        "text that is not UTF-8 is refused instead of changed",
        arguments: [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80]]
    )
    func invalidText(bytes: [UInt8]) {
        let message: [UInt8] = [1, 0, 0, 0, 3, UInt8(bytes.count), 0, 0, 0] + bytes
        #expect(throws: WireError.invalid) { try Request(message: message) }
    }

    @Test("a list that announces more than it brings is refused before memory is taken for it")
    func announcedList() {
        // createContainer: id "a", no host name, 128 layers of which none follows.
        let message: [UInt8] = [1, 0, 0, 0, 2, 1, 0, 0, 0, 0x61, 0, 0, 0, 0, 128, 0, 0, 0]
        #expect(throws: WireError.truncated) { try Request(message: message) }
        #expect(throws: WireError.tooLong) { try Request(message: [1, 0, 0, 0, 3, 255, 255, 255, 255]) }
    }

    @Test("events and statistics beyond a bound are refused")
    func guestBounds() {
        #expect(throws: WireError.tooLong) { try Event(message: Event.outOfMemory(container: Self.text(65)).encode()) }
        var statistics = Samples.statistics
        statistics.containers = Array(repeating: statistics.containers[0], count: ProtocolLimits.containers + 1)
        #expect(throws: WireError.tooLong) {
            try Response(message: Response.statistics(statistics).encode(id: 1))
        }
        let failure = Response.failure(AgentFailure(.system, stage: Self.text(8193)))
        #expect(throws: WireError.tooLong) { try Response(message: failure.encode(id: 1)) }
        var identity = Samples.identity
        identity.addresses = Array(repeating: identity.addresses[0], count: 17)
        #expect(throws: WireError.tooLong) { try Response(message: Response.identity(identity).encode(id: 1)) }
        let names = Array(repeating: "eth0", count: 17)
        let info = GuestInfo(agent: "", kernel: "", uptime: 0, configured: false, interfaces: names)
        #expect(throws: WireError.tooLong) { try Event(message: Event.ready(info).encode()) }
    }

    @Test("a place that no stream reaches is refused, so that sums cannot overflow")
    func places() {
        let stream = StreamID(process: 1, channel: .output)
        let data = StreamData(stream: stream, offset: 1 << 63, end: false, bytes: [])
        #expect(throws: WireError.invalid) { try StreamData(body: data.frame.body) }
        let acknowledged = StreamCredit(stream: stream, acknowledged: .max, limit: 0)
        #expect(throws: WireError.invalid) { try StreamCredit(body: acknowledged.frame.body) }
        let limit = StreamCredit(stream: stream, acknowledged: 0, limit: 1 << 63)
        #expect(throws: WireError.invalid) { try StreamCredit(body: limit.frame.body) }
    }

    @Test("a message of exactly the bound is gathered, a byte more is refused")
    func messageBound() throws {
        var assembler = MessageAssembler()
        let message = [UInt8](repeating: 7, count: ProtocolLimits.message)
        var gathered: [UInt8]?
        for frame in Frame.frames(.request, message: message) { gathered = try assembler.append(frame) }
        #expect(gathered == message)
        var overfull = MessageAssembler()
        #expect(throws: WireError.tooLong) {
            for frame in Frame.frames(.request, message: message + [7]) { _ = try overfull.append(frame) }
        }
    }

    @Test("an empty message takes one frame")
    func emptyMessage() throws {
        let frames = Frame.frames(.event, message: [])
        #expect(frames == [Frame(kind: .event, body: [])])
        var assembler = MessageAssembler()
        #expect(try assembler.append(frames[0]) == [])
    }
}
