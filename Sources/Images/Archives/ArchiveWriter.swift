import Linux
import OCI
import SystemPackage

/// Writes a tar archive of small documents and large files to a descriptor, a pipe for instance.
///
/// Names are short and times are zero, so plain ustar headers (POSIX.1-2017) do, and equal content makes equal archives.
struct ArchiveWriter: Sendable {
    private static let block = 512

    let output: FileDescriptor

    func add(_ name: String, _ bytes: [UInt8]) throws {
        try write(Self.header(name, size: Int64(bytes.count)))
        try write(bytes)
        try pad(Int64(bytes.count))
    }

    func add(_ name: String, file: FileRegion, _ flag: CancellationFlag) throws {
        try write(Self.header(name, size: file.length))
        try file.forEachChunk { chunk in
            try flag.check()
            try write(chunk)
        }
        try pad(file.length)
    }

    /// Writes the two empty blocks at the end.
    func finish() throws {
        try write([UInt8](repeating: 0, count: 2 * Self.block))
    }

    private func pad(_ size: Int64) throws {
        let rest = Int(size % Int64(Self.block))
        if rest > 0 { try write([UInt8](repeating: 0, count: Self.block - rest)) }
    }

    private func write(_ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes(write)
    }

    private func write(_ bytes: UnsafeRawBufferPointer) throws {
        do { try output.writeAll(bytes) } catch { throw ImageError.system("write the archive", error) }
    }

    private static func header(_ name: String, size: Int64) -> [UInt8] {
        precondition(name.utf8.count <= 100, "an archive's member has a longer name than a plain header holds")
        var bytes = [UInt8](repeating: 0, count: block)
        func put(_ field: [UInt8], at offset: Int) {
            bytes.replaceSubrange(offset..<(offset + field.count), with: field)
        }
        put(Array(name.utf8), at: 0)
        put(octal(0o644, digits: 7), at: 100)
        put(octal(0, digits: 7), at: 108)
        put(octal(0, digits: 7), at: 116)
        put(number(size), at: 124)
        put(octal(0, digits: 11), at: 136)
        put(Array("        0".utf8), at: 148)
        put(Array("ustar\u{0}00".utf8), at: 257)
        put(octal(bytes.reduce(0) { $0 + Int64($1) }, digits: 6) + [0], at: 148)
        return bytes
    }

    /// Eleven octal digits, or GNU's binary form for what they cannot hold (8 GiB and more).
    private static func number(_ value: Int64) -> [UInt8] {
        guard value >= 1 << 33 else { return octal(value, digits: 11) }
        return [0x80, 0, 0, 0] + withUnsafeBytes(of: value.bigEndian) { Array($0) }
    }

    private static func octal(_ value: Int64, digits: Int) -> [UInt8] {
        let text = String(value, radix: 8)
        return Array((String(repeating: "0", count: max(0, digits - text.count)) + text).utf8)
    }
}
