import Foundation

import struct Crypto.SHA256

/// What a good registry without authentication answers; every repository has everything.
struct MemoryRegistry {
    typealias Request = FaultyRegistry.Request
    typealias Answer = FaultyRegistry.Answer

    private(set) var blobs: [String: [UInt8]] = [:]
    private var manifests: [String: (type: String, bytes: [UInt8])] = [:]
    private var uploads: [String: [UInt8]] = [:]

    mutating func add(blob: [UInt8]) -> String {
        let digest = Self.digest(blob)
        blobs[digest] = blob
        return digest
    }

    mutating func add(manifest: [UInt8], type: String, name: String) -> String {
        let digest = Self.digest(manifest)
        for name in [name, digest] { manifests[name] = (type, manifest) }
        return digest
    }

    static func digest(_ bytes: [UInt8]) -> String {
        "sha256:" + SHA256.hash(data: bytes).map { String(format: "%02x", $0) }.joined()
    }

    mutating func answer(_ request: Request) -> Answer {
        let parts = request.path.split(separator: "/").map(String.init)
        guard parts.first == "v2", parts.count > 3 else { return Answer(request.path == "/v2/" ? 200 : 404) }
        let name = parts[parts.count - 1]
        switch parts[parts.count - 2] {
        case "manifests": return manifest(request, name)
        case "blobs" where name == "uploads": return begin(request)
        case "blobs": return Self.part(blobs[name], request)
        case "uploads": return upload(request, name)
        default: return Answer(404)
        }
    }

    /// The part of a blob that a request asks for.
    private static func part(_ blob: [UInt8]?, _ request: Request) -> Answer {
        guard let blob else { return .problem(404, code: "BLOB_UNKNOWN", message: "blob unknown to registry") }
        guard let range = request.header("range"), let first = Int(range.dropFirst(6).dropLast()) else {
            return Answer(200, body: blob)
        }
        guard first < blob.count else { return Answer(416) }
        return Answer(
            206,
            ["Content-Range": "bytes \(first)-\(blob.count - 1)/\(blob.count)"],
            body: Array(blob[first...])
        )
    }

    private mutating func manifest(_ request: Request, _ name: String) -> Answer {
        if request.method == "PUT" {
            let type = request.header("content-type") ?? ""
            return Answer(201, ["Docker-Content-Digest": add(manifest: request.body, type: type, name: name)])
        }
        guard let (type, bytes) = manifests[name] else {
            return .problem(404, code: "MANIFEST_UNKNOWN", message: "manifest unknown")
        }
        return Answer(200, ["Content-Type": type, "Docker-Content-Digest": Self.digest(bytes)], body: bytes)
    }

    private mutating func begin(_ request: Request) -> Answer {
        let id = "upload-\(uploads.count)"
        uploads[id] = []
        return Answer(202, ["Location": "\(request.path)\(id)?state=0"])
    }

    private mutating func upload(_ request: Request, _ id: String) -> Answer {
        guard var bytes = uploads[id] else {
            return .problem(404, code: "BLOB_UPLOAD_UNKNOWN", message: "upload unknown")
        }
        bytes += request.body
        uploads[id] = bytes
        let location = ["Location": "\(request.path)?state=\(bytes.count)", "Range": "0-\(max(bytes.count - 1, 0))"]
        guard request.method == "PUT" else { return Answer(request.method == "GET" ? 204 : 202, location) }
        let promised = request.query.split(separator: "&").first { $0.hasPrefix("digest=") }?.dropFirst(7)
        guard (promised ?? "").replacing("%3A", with: ":") == Self.digest(bytes) else {
            return .problem(400, code: "DIGEST_INVALID", message: "provided digest did not match uploaded content")
        }
        uploads[id] = nil
        _ = add(blob: bytes)
        return Answer(201)
    }
}
