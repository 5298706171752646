/// One instruction of a classic BPF program (linux/filter.h), as seccomp runs it.
struct BPFInstruction: Equatable, Sendable {
    /// What it does.
    let code: UInt16
    /// How many instructions it skips if its condition holds.
    let ifTrue: UInt8
    /// How many it skips if not.
    let ifFalse: UInt8
    /// Its operand.
    let operand: UInt32

    private init(_ code: UInt16, _ operand: UInt32, ifTrue: UInt8 = 0, ifFalse: UInt8 = 0) {
        self.code = code
        self.ifTrue = ifTrue
        self.ifFalse = ifFalse
        self.operand = operand
    }

    /// Loads a 32-bit word of `struct seccomp_data`.
    static func load(_ word: SeccompWord) -> BPFInstruction { .init(0x20, word.offset) }

    /// Ends the program with an action.
    static func end(_ action: SeccompAction) -> BPFInstruction { .init(0x06, action.value) }

    /// Skips instructions.
    static func skip(_ count: Int) -> BPFInstruction { .init(0x05, UInt32(count)) }

    /// Compares the loaded word for equality.
    static func equals(_ value: UInt32, ifTrue: UInt8 = 0, ifFalse: UInt8 = 0) -> BPFInstruction {
        .init(0x15, value, ifTrue: ifTrue, ifFalse: ifFalse)
    }

    /// Compares the loaded word, as an unsigned number, for `>=`.
    static func isAtLeast(_ value: UInt32, ifTrue: UInt8 = 0, ifFalse: UInt8 = 0) -> BPFInstruction {
        .init(0x35, value, ifTrue: ifTrue, ifFalse: ifFalse)
    }

    /// Looks whether the loaded word has any of some bits.
    static func hasAny(_ bits: UInt32, ifTrue: UInt8 = 0, ifFalse: UInt8 = 0) -> BPFInstruction {
        .init(0x45, bits, ifTrue: ifTrue, ifFalse: ifFalse)
    }

    /// The instruction as `struct sock_filter`, little-endian.
    var bytes: [UInt8] {
        [UInt8(truncatingIfNeeded: code), UInt8(truncatingIfNeeded: code >> 8), ifTrue, ifFalse]
            + (0..<4).map { UInt8(truncatingIfNeeded: operand >> (8 * $0)) }
    }
}

/// A word of `struct seccomp_data`, which describes the call that a filter judges (linux/seccomp.h).
enum SeccompWord {
    case number
    case architecture
    /// The lower half of an argument: all that the kernel looks at where the argument is an `int`.
    case argument(UInt32)

    var offset: UInt32 {
        switch self {
        case .number: 0
        case .architecture: 4
        case .argument(let index): 16 + 8 * index
        }
    }
}
