/// Reads a tar archive as it arrives, in pieces of any size.
///
/// It knows what `docker cp` and Go's archive/tar write: ustar headers, pax headers for long names and large sizes, and
/// GNU's long names. It keeps a header and nothing of the content.
struct TarScanner {
    /// What an archive has.
    enum Kind: Equatable, Sendable {
        case file, folder, symbolicLink, hardLink, other
    }

    /// A member of an archive.
    struct Member: Equatable, Sendable {
        var path: String
        var kind: Kind
        var mode: UInt32
        var size: UInt64
    }

    /// What was found in what arrived, in order.
    enum Event: Equatable, Sendable {
        case member(Member)
        /// Content of the last member.
        case content(ArraySlice<UInt8>)
        /// The last member is whole.
        case memberEnd
    }

    /// The archive is none.
    struct Damage: Error, Equatable, Sendable { let message: String }

    private static let block = 512
    /// A path of 4,096 bytes with everything that pax may say beside it.
    private static let longestExtension: UInt64 = 64 << 10

    private enum State {
        case header
        /// Content and padding that are to come, of a member or of what describes the next one.
        case content(UInt64, padding: Int)
        case note(UInt8, UInt64, padding: Int)
        case padding(Int, endsMember: Bool)
        case ended
    }

    private var state = State.header
    private var pending: [UInt8] = []
    private var path: String?
    private var size: UInt64?

    /// Whether the archive has come to its end, or to a place where it may end.
    var isWhole: Bool {
        switch state {
        case .ended: true
        case .header: pending.isEmpty
        case .content, .note, .padding: false
        }
    }

    /// Takes the next bytes.
    mutating func take(_ bytes: [UInt8]) throws(Damage) -> [Event] {
        var rest = bytes[...]
        var events: [Event] = []
        while !rest.isEmpty {
            switch state {
            case .ended: return events
            case .header: try takeHeader(&rest, &events)
            case .content(let left, let padding): takeContent(left, padding, &rest, &events)
            case .note(let type, let left, let padding): try takeNote(type, left, padding, &rest)
            case .padding(let left, let endsMember): takePadding(left, endsMember, &rest, &events)
            }
        }
        return events
    }

    private mutating func takeHeader(_ rest: inout ArraySlice<UInt8>, _ events: inout [Event]) throws(Damage) {
        let piece = rest.prefix(Self.block - pending.count)
        rest = rest.dropFirst(piece.count)
        pending += piece
        guard pending.count == Self.block else { return }
        let header = pending
        pending = []
        guard header.contains(where: { $0 != 0 }) else { return state = .ended }
        guard Self.sum(header) == Self.number(header[148..<156]) else {
            throw Damage(message: "the archive is damaged, or no tar archive")
        }
        guard let told = Self.number(header[124..<136]) else { throw Damage(message: "the archive has no sizes") }
        let type = header[156]
        let count = [UInt8(ascii: "L"), UInt8(ascii: "x"), UInt8(ascii: "g")].contains(type) ? told : size ?? told
        guard count < 1 << 62 else { throw Damage(message: "the archive has a member that is too large") }
        let padding = Int((UInt64(Self.block) - count % UInt64(Self.block)) % UInt64(Self.block))
        switch type {
        case UInt8(ascii: "L"), UInt8(ascii: "x"), UInt8(ascii: "g"):
            guard count <= Self.longestExtension else {
                throw Damage(message: "the archive has a name that is too long")
            }
            state = count == 0 ? .header : .note(type, count, padding: padding)
        default:
            events.append(.member(member(header, type, count)))
            (path, size) = (nil, nil)
            state = .content(count, padding: padding)
            if count == 0 { endContent(padding, &events) }
        }
    }

    private func member(_ header: [UInt8], _ type: UInt8, _ count: UInt64) -> Member {
        let prefix = Self.text(header[257..<262]) == "ustar" ? Self.text(header[345..<500]) : ""
        let name = Self.text(header[0..<100])
        let path = path ?? (prefix.isEmpty ? name : "\(prefix)/\(name)")
        let kind: Kind =
            switch type {
            case 0, UInt8(ascii: "0"), UInt8(ascii: "7"): path.hasSuffix("/") ? .folder : .file
            case UInt8(ascii: "1"): .hardLink
            case UInt8(ascii: "2"): .symbolicLink
            case UInt8(ascii: "5"): .folder
            default: .other
            }
        return Member(
            path: path,
            kind: kind,
            mode: UInt32(Self.number(header[100..<108]) ?? 0o644) & 0o7777,
            size: count
        )
    }

    private mutating func takeContent(
        _ left: UInt64,
        _ padding: Int,
        _ rest: inout ArraySlice<UInt8>,
        _ events: inout [Event]
    ) {
        let piece = rest.prefix(Int(min(left, UInt64(rest.count))))
        rest = rest.dropFirst(piece.count)
        events.append(.content(piece))
        state = .content(left - UInt64(piece.count), padding: padding)
        if left == UInt64(piece.count) { endContent(padding, &events) }
    }

    private mutating func endContent(_ padding: Int, _ events: inout [Event]) {
        guard padding == 0 else { return state = .padding(padding, endsMember: true) }
        events.append(.memberEnd)
        state = .header
    }

    private mutating func takePadding(
        _ left: Int,
        _ endsMember: Bool,
        _ rest: inout ArraySlice<UInt8>,
        _ events: inout [Event]
    ) {
        let count = min(left, rest.count)
        rest = rest.dropFirst(count)
        guard count == left else { return state = .padding(left - count, endsMember: endsMember) }
        if endsMember { events.append(.memberEnd) }
        state = .header
    }

    private mutating func takeNote(
        _ type: UInt8,
        _ left: UInt64,
        _ padding: Int,
        _ rest: inout ArraySlice<UInt8>
    ) throws(Damage) {
        let piece = rest.prefix(Int(min(left, UInt64(rest.count))))
        rest = rest.dropFirst(piece.count)
        pending += piece
        guard left == UInt64(piece.count) else {
            return state = .note(type, left - UInt64(piece.count), padding: padding)
        }
        if type == UInt8(ascii: "L") { path = Self.text(pending[...]) }
        if type == UInt8(ascii: "x") { try takePax(pending) }
        pending = []
        state = padding == 0 ? .header : .padding(padding, endsMember: false)
    }

    /// Records of `LENGTH NAME=VALUE\n`.
    private mutating func takePax(_ bytes: [UInt8]) throws(Damage) {
        var rest = bytes[...]
        while let blank = rest.firstIndex(of: UInt8(ascii: " ")) {
            guard let length = Int(String(decoding: rest[..<blank], as: UTF8.self)), length > blank - rest.startIndex,
                length <= rest.count
            else { throw Damage(message: "the archive has a damaged pax header") }
            let record = rest[(blank + 1)..<(rest.startIndex + length)]
            let parts = record.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            rest = rest.dropFirst(length)
            guard parts.count == 2 else { continue }
            let value = String(decoding: parts[1].dropLast(), as: UTF8.self)
            switch String(decoding: parts[0], as: UTF8.self) {
            case "path": path = value
            case "size": size = UInt64(value)
            default: continue
            }
        }
    }

    // MARK: Fields

    private static func text(_ field: ArraySlice<UInt8>) -> String {
        String(decoding: field.prefix { $0 != 0 }, as: UTF8.self)
    }

    /// Octal digits, or for what is too large for them, binary with the highest bit set.
    private static func number(_ field: ArraySlice<UInt8>) -> UInt64? {
        if let first = field.first, first & 0x80 != 0 {
            guard first == 0x80, field.dropFirst().dropLast(8).allSatisfy({ $0 == 0 }) else { return nil }
            return field.suffix(8).reduce(0) { $0 << 8 | UInt64($1) }
        }
        let digits = field.drop { $0 == UInt8(ascii: " ") }.prefix {
            (UInt8(ascii: "0")...UInt8(ascii: "7")).contains($0)
        }
        return digits.reduce(0) { $0 << 3 | UInt64($1 - UInt8(ascii: "0")) }
    }

    /// The sum of a header's bytes, with blanks for the sum itself.
    private static func sum(_ header: [UInt8]) -> UInt64 {
        header.indices.reduce(0) { $0 + UInt64((148..<156).contains($1) ? UInt8(ascii: " ") : header[$1]) }
    }
}
