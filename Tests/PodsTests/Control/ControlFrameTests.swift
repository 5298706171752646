import Testing

@testable import Pods

struct ControlFrameTests {
    static let frames: [ControlFrame] = [
        .request(Array("{}".utf8)), .input([0, 255, 10]), .input([]), .inputEnd, .resize(rows: 1, columns: 65535),
        .resize(rows: 0x1234, columns: 0), .signal(64), .ready, .started, .output([1]), .error([]), .ended([1, 2, 3]),
        .failed([UInt8](repeating: 7, count: 300)),
    ]

    @Test("frames come out whole wherever their bytes are split in two")
    func everySplit() throws {
        let bytes = Self.frames.flatMap(\.encoded)
        for split in 0...bytes.count {
            var (decoder, found) = (ControlFrameDecoder(), [ControlFrame]())
            for part in [bytes[..<split], bytes[split...]] {
                decoder.append(part)
                while let frame = try decoder.next() { found.append(frame) }
            }
            #expect(found == Self.frames)
        }
    }

    @Test("frames come out of bytes that arrive one by one")
    func byteByByte() throws {
        var (decoder, found) = (ControlFrameDecoder(), [ControlFrame]())
        for byte in Self.frames.flatMap(\.encoded) {
            decoder.append([byte])
            while let frame = try decoder.next() { found.append(frame) }
        }
        #expect(found == Self.frames)
    }

    @Test("the form on the socket does not change from build to build")
    func golden() {
        #expect(ControlFrame.input([65, 66]).encoded == [2, 2, 0, 0, 0, 65, 66])
        #expect(ControlFrame.resize(rows: 0x0102, columns: 0x0304).encoded == [4, 4, 0, 0, 0, 2, 1, 4, 3])
        #expect(ControlFrame.signal(15).encoded == [5, 1, 0, 0, 0, 15])
        #expect(ControlFrame.started.encoded == [6, 0, 0, 0, 0])
        #expect(ControlFrame.ready.encoded == [12, 0, 0, 0, 0])
    }

    @Test(
        "bytes that are no frame are refused, as soon as they can be told",
        arguments: [
            [0, 0, 0, 0, 0], [12, 1, 0, 0, 0, 1], [13, 0, 0, 0, 0], [255, 1, 0, 0, 0, 0], [3, 1, 0, 0, 0, 9],
            [4, 3, 0, 0, 0, 1, 2, 3],
            [5, 0, 0, 0, 0], [5, 2, 0, 0, 0, 1, 2], [6, 1, 0, 0, 0, 1], [2, 1, 0, 32, 0], [2, 255, 255, 255, 255],
        ] as [[UInt8]]
    )
    func malformed(bytes: [UInt8]) throws {
        var decoder = ControlFrameDecoder()
        decoder.append(ControlFrame.started.encoded + bytes)
        #expect(try decoder.next() == .started)
        let error = #expect(throws: PodsError.self) { try decoder.next() }
        #expect(error?.message == "the other end of the pod's socket does not speak our protocol")
    }

    @Test("the largest content is let through")
    func largest() throws {
        let frame = ControlFrame.request([UInt8](repeating: 1, count: ControlFrame.bound))
        var decoder = ControlFrameDecoder()
        decoder.append(frame.encoded)
        #expect(try decoder.next() == frame)
        #expect(try decoder.next() == nil)
    }

    @Test("requests survive their way")
    func requests() throws {
        var exec = ExecSpec(command: ["sh", "-c", "é\n"])
        exec.environment = ["A=b"]
        (exec.workingDirectory, exec.user, exec.terminal, exec.openInput) = ("/", "0", true, true)
        let requests: [ControlRequest] = [
            .start(attach: true, rows: 1, columns: 2, trace: true), .attach, .execute(exec, rows: 3, columns: 4),
            .signal(9),
            .followLog(skip: 5), .stop(signal: 15, milliseconds: 100, keep: true),
            .stop(signal: 2, milliseconds: nil, keep: false), .pause(true), .wait(.nextExit), .leave,
        ]
        for request in requests {
            #expect(try JSON.decode(ControlRequest.self, JSON.encode(request)) == request)
        }
    }
}
