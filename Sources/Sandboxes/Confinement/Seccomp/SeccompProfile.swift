/// Which system calls of x86-64 a process may make.
package struct SeccompProfile: Sendable {
    /// What is done with one system call.
    package enum Rule: Hashable, Sendable {
        /// The same for all arguments.
        case always(SeccompAction)
        /// Allowed while an argument has none of these bits.
        case without(bits: UInt32, argument: UInt32)
        /// Allowed while an argument is in one of these ranges, which are in order and do not touch.
        case within([ClosedRange<UInt32>], argument: UInt32)
    }

    /// Rules by number.
    private var rules: [UInt32: Rule] = [:]
    private let otherwise: SeccompAction

    /// A profile that permits nothing so far.
    ///
    /// - Parameter otherwise: what is done with known calls that no rule permits.
    package init(otherwise: SeccompAction = .fail(.notPermitted)) {
        self.otherwise = otherwise
    }

    /// Sets a rule for calls, whose names are separated by white space; a name that is none ends the program.
    package mutating func set(_ rule: Rule, for names: String) {
        for name in names.split(whereSeparator: \.isWhitespace) {
            guard let number = SystemCalls.numbers[String(name)] else {
                preconditionFailure("there is no system call \(name)")
            }
            rules[number] = rule
        }
    }

    /// The filter for the kernel: `struct sock_filter`, eight bytes an instruction.
    ///
    /// It ends a process that calls through another architecture's entry (32-bit programs), because numbers mean other
    /// calls there. Numbers above the newest known call, and with them all of the x32 ABI (bit 30), do not exist:
    /// `ENOSYS` lets libraries fall back to older calls. What has no rule is not permitted.
    package var program: [UInt8] {
        let start: [BPFInstruction] = [
            .load(.architecture), .equals(Self.architecture, ifTrue: 1), .end(.kill), .load(.number),
        ]
        return (start + BPFSearch(ranges).code).flatMap(\.bytes)
    }

    /// `AUDIT_ARCH_X86_64` (linux/audit.h).
    private static let architecture: UInt32 = 0xC000_003E

    /// Neighbours with the same rule are one range.
    private var ranges: [BPFSearch.Range] {
        var ranges: [BPFSearch.Range] = []
        var previous: Rule?
        for number in 0...SystemCalls.newest {
            let rule = rules[number] ?? .always(otherwise)
            if rule != previous { ranges.append(.init(start: number, code: rule.code(otherwise))) }
            previous = rule
        }
        return ranges + [.init(start: SystemCalls.newest + 1, code: [.end(.fail(.noSuchCall))])]
    }
}

extension SeccompProfile.Rule {
    fileprivate func code(_ otherwise: SeccompAction) -> [BPFInstruction] {
        switch self {
        case .always(let action):
            [.end(action)]
        case .without(let bits, let argument):
            [.load(.argument(argument)), .hasAny(bits, ifFalse: 1), .end(otherwise), .end(.allow)]
        case .within(let allowed, let argument):
            [.load(.argument(argument))] + BPFSearch(Self.split(allowed, otherwise)).code
        }
    }

    /// The allowed ranges and the gaps between them.
    private static func split(_ allowed: [ClosedRange<UInt32>], _ otherwise: SeccompAction) -> [BPFSearch.Range] {
        var ranges: [BPFSearch.Range] = []
        var next: UInt32? = 0
        for range in allowed {
            if let gap = next, gap < range.lowerBound {
                ranges.append(.init(start: gap, code: [.end(otherwise)]))
            }
            ranges.append(.init(start: range.lowerBound, code: [.end(.allow)]))
            next = range.upperBound == .max ? nil : range.upperBound + 1
        }
        if let next { ranges.append(.init(start: next, code: [.end(otherwise)])) }
        return ranges
    }
}
