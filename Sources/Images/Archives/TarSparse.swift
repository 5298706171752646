/// Where the stored bytes of a file with holes belong (GNU tar manual, "Storing Sparse Files").
struct TarSparse {
    /// A run of data between holes.
    struct Extent {
        var offset: Int64
        var length: Int64
    }

    /// Runs of one file, 16 bytes of memory each.
    ///
    /// 2^17 runs are more than a 10 GB database in pieces has.
    static let extentLimit = 1 << 17

    private(set) var extents: [Extent]
    /// The file's length.
    let size: Int64

    /// Checks a map: in order, inside the file, and as many bytes as are stored; `nil` if it is none of a file.
    init?(extents: [Extent], size: Int64, stored: Int64) {
        guard extents.count <= Self.extentLimit, size >= 0 else { return nil }
        var end: Int64 = 0
        var sum: Int64 = 0
        for extent in extents {
            guard extent.offset >= end, extent.length >= 0, extent.offset <= size,
                extent.length <= size - extent.offset
            else { return nil }
            end = extent.offset + extent.length
            sum += extent.length
        }
        guard sum == stored else { return nil }
        self.extents = extents.filter { $0.length > 0 }
        self.size = size
    }

    /// Pairs of offset and length; `nil` if one is missing or negative.
    static func extents(_ numbers: [Int64]) -> [Extent]? {
        guard numbers.count % 2 == 0, numbers.allSatisfy({ $0 >= 0 }) else { return nil }
        return stride(from: 0, to: numbers.count, by: 2).map { Extent(offset: numbers[$0], length: numbers[$0 + 1]) }
    }

    /// The map of an old GNU header or of a block that continues it: fields of 12 bytes, the unused ones zero.
    static func extents(fields: ArraySlice<UInt8>) -> [Extent]? {
        var found: [Extent] = []
        for start in stride(from: fields.startIndex, to: fields.endIndex - 23, by: 24) {
            guard fields[start + 12] != 0 || fields[start] != 0 else { break }
            guard let offset = TarHeader.number(fields[start..<(start + 12)]),
                let length = TarHeader.number(fields[(start + 12)..<(start + 24)])
            else { return nil }
            found.append(Extent(offset: offset, length: length))
        }
        return found
    }

    /// A decimal number as extension headers write it; `nil` if it is none or negative.
    static func decimal(_ digits: some Collection<UInt8>) -> Int64? {
        guard !digits.isEmpty, digits.count <= 20 else { return nil }
        return digits.reduce(Int64?(0)) { value, digit in
            guard let value, (0x30...0x39).contains(digit) else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(Int64(digit - 0x30))
            return overflow || carry ? nil : sum
        }
    }
}
