/// Patterns as Go's `path.Match` has them: `*` and `?` stay within a part of a path, `[a-z]` is a set.
enum Glob {
    /// Whether a pattern fits the whole of a text; one that is damaged fits nothing.
    ///
    /// The work is bounded by the product of both lengths.
    static func matches(_ pattern: String, _ text: String) -> Bool {
        let (pattern, text) = (Array(pattern.unicodeScalars), Array(text.unicodeScalars))
        var (p, t) = (0, 0)
        var retry: (pattern: Int, text: Int)?
        while t < text.count || p < pattern.count {
            if p < pattern.count, pattern[p] == "*" {
                retry = (p + 1, t)
                p += 1
            } else if t < text.count, p < pattern.count, let next = step(pattern, p, text[t]) {
                (p, t) = (next, t + 1)
            } else if let last = retry, last.text < text.count, text[last.text] != "/" {
                retry?.text += 1
                (p, t) = (last.pattern, last.text + 1)
            } else {
                return false
            }
        }
        return true
    }

    /// Where the pattern goes on when its next piece fits a character; `nil` when it does not.
    private static func step(_ pattern: [Unicode.Scalar], _ start: Int, _ scalar: Unicode.Scalar) -> Int? {
        switch pattern[start] {
        case "?": scalar == "/" ? nil : start + 1
        case "\\": start + 1 < pattern.count && pattern[start + 1] == scalar ? start + 2 : nil
        case "[": set(pattern, start + 1, scalar)
        default: pattern[start] == scalar ? start + 1 : nil
        }
    }

    private static func set(_ pattern: [Unicode.Scalar], _ start: Int, _ scalar: Unicode.Scalar) -> Int? {
        guard let end = pattern[start...].dropFirst().firstIndex(of: "]"), scalar != "/" else { return nil }
        let isNegative = pattern[start] == "^"
        var members = pattern[(isNegative ? start + 1 : start)..<end]
        var isMember = false
        while let low = members.popFirst() {
            guard members.first == "-", members.count >= 2 else {
                isMember = isMember || low == scalar
                continue
            }
            members = members.dropFirst()
            if let high = members.popFirst() { isMember = isMember || (low <= scalar && scalar <= high) }
        }
        return isMember != isNegative ? end + 1 : nil
    }
}
