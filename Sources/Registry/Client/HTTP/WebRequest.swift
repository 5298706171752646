import AsyncHTTPClient
import NIOCore
import NIOHTTP1

/// One request, which can be sent again.
struct WebRequest: Sendable {
    /// What is sent along.
    enum Body: Sendable {
        case none
        case bytes([UInt8])
        case file(FileSlice)

        var length: Int64 {
            switch self {
            case .none: 0
            case .bytes(let bytes): Int64(bytes.count)
            case .file(let slice): slice.length
            }
        }

        var streamed: HTTPClientRequest.Body? {
            switch self {
            case .none: nil
            case .bytes(let bytes): .bytes(ByteBuffer(bytes: bytes))
            case .file(let slice): .stream(slice, length: .known(slice.length))
            }
        }
    }

    var method = HTTPMethod.GET
    var address: WebAddress
    var headers = HTTPHeaders()
    var body = Body.none

    init(_ method: HTTPMethod = .GET, _ address: WebAddress, headers: HTTPHeaders = [:], body: Body = .none) {
        self.method = method
        self.address = address
        self.headers = headers
        self.body = body
    }
}
