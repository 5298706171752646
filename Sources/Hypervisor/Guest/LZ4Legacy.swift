/// The LZ4 "legacy frame" that Linux kernels are packed in: a magic number, then blocks of at most 8 MiB unpacked,
/// each with its packed size before it (the LZ4 frame and block format descriptions).
enum LZ4Legacy {
    /// Unpacks a frame, magic number included, that must give exactly `size` bytes; `nil` if it is damaged.
    static func unpack(_ frame: ArraySlice<UInt8>, size: Int) -> [UInt8]? {
        // The largest kernel known is a tenth of this; a header that claims more is not one.
        guard size > 0, size <= 1 << 30 else { return nil }
        var valid = false
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { output, count in
            frame.withUnsafeBytes { input in
                valid = unpack(input, UnsafeMutableRawBufferPointer(output))
            }
            count = valid ? size : 0
        }
        return valid ? bytes : nil
    }

    private static func unpack(_ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer) -> Bool {
        var (read, written) = (4, 0)
        while read + 4 <= input.count {
            let length = Int(input.loadUnaligned(fromByteOffset: read, as: UInt32.self))
            read += 4
            guard length > 0, length <= input.count - read else { return false }
            var block = Block(input: input, end: read + length, output: output, read: read, written: written)
            guard block.unpack() else { return false }
            (read, written) = (block.end, block.written)
        }
        return written == output.count
    }
}

/// One block: sequences of literal bytes and copies of what was unpacked before.
///
/// Every access is checked.
private struct Block {
    let input: UnsafeRawBufferPointer
    let end: Int
    let output: UnsafeMutableRawBufferPointer
    var read: Int
    var written: Int

    mutating func unpack() -> Bool {
        while read < end {
            let token = Int(input[read])
            read += 1
            guard let literals = length(token >> 4), copyLiterals(literals) else { return false }
            // The last sequence of a block has no match.
            if read == end { return true }
            guard end - read >= 2 else { return false }
            let distance = Int(input[read]) | Int(input[read + 1]) << 8
            read += 2
            guard let match = length(token & 15), copyMatch(distance, match + 4) else { return false }
        }
        return false
    }

    private mutating func length(_ nibble: Int) -> Int? {
        guard nibble == 15 else { return nibble }
        var total = nibble
        while read < end {
            let more = Int(input[read])
            read += 1
            total += more
            if more < 255 { return total }
        }
        return nil
    }

    private mutating func copyLiterals(_ count: Int) -> Bool {
        guard count <= end - read, count <= output.count - written, let target = output.baseAddress else {
            return false
        }
        if count > 0, let source = input.baseAddress {
            (target + written).copyMemory(from: source + read, byteCount: count)
        }
        read += count
        written += count
        return true
    }

    private mutating func copyMatch(_ distance: Int, _ count: Int) -> Bool {
        guard distance > 0, distance <= written, count <= output.count - written else { return false }
        guard let target = output.baseAddress else { return false }
        let source = target + written - distance
        let end = written + count
        // Where a match overlaps itself, what there is to copy doubles with every round.
        while written < end {
            let step = min(end - written, source.distance(to: target + written))
            (target + written).copyMemory(from: source, byteCount: step)
            written += step
        }
        return true
    }
}
