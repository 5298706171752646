/// Runs a seccomp program as the kernel would, and finds the mistakes for which the kernel would refuse it.
struct FilterInterpreter {
    /// What the program decided, and how many instructions that took.
    struct Verdict: Equatable {
        var action: UInt32
        var steps: Int
    }

    struct Invalid: Error {
        let reason: String
    }

    private struct Instruction {
        let code: UInt16
        let ifTrue: Int
        let ifFalse: Int
        let operand: UInt32
    }

    static let intel64: UInt32 = 0xC000_003E
    private let instructions: [Instruction]

    var count: Int { instructions.count }

    /// Checks what the kernel's `bpf_check_classic` and `seccomp_check_filter` check.
    init(_ program: [UInt8]) throws {
        guard !program.isEmpty, program.count % 8 == 0 else { throw Invalid(reason: "\(program.count) bytes") }
        instructions = stride(from: 0, to: program.count, by: 8).map { start in
            let bytes = program[start..<start + 8].map(UInt32.init)
            return Instruction(
                code: UInt16(bytes[0] | bytes[1] << 8),
                ifTrue: Int(bytes[2]),
                ifFalse: Int(bytes[3]),
                operand: bytes[4] | bytes[5] << 8 | bytes[6] << 16 | bytes[7] << 24
            )
        }
        guard instructions.count <= 4096 else { throw Invalid(reason: "\(instructions.count) instructions") }
        for (index, instruction) in instructions.enumerated() { try check(instruction, at: index) }
        guard instructions.last?.code == 0x06 else { throw Invalid(reason: "does not end with a return") }
    }

    private func check(_ instruction: Instruction, at index: Int) throws {
        let rest = instructions.count - index - 1
        switch instruction.code {
        case 0x20:
            guard instruction.operand % 4 == 0, instruction.operand < 64 else {
                throw Invalid(reason: "\(index) loads from \(instruction.operand)")
            }
        case 0x05:
            guard instruction.operand < rest else { throw Invalid(reason: "\(index) jumps out") }
        case 0x15, 0x35, 0x45:
            guard max(instruction.ifTrue, instruction.ifFalse) < rest else {
                throw Invalid(reason: "\(index) jumps out")
            }
        case 0x06: break
        default: throw Invalid(reason: "\(index) has code \(instruction.code)")
        }
    }

    /// Judges one call.
    func run(_ number: UInt32, _ arguments: [UInt64] = [], architecture: UInt32 = intel64) -> Verdict {
        var data: [UInt32] = [number, architecture, 0, 0]
        for index in 0..<6 {
            let argument = index < arguments.count ? arguments[index] : 0
            data += [UInt32(truncatingIfNeeded: argument), UInt32(truncatingIfNeeded: argument >> 32)]
        }
        var (word, at, steps) = (UInt32(0), 0, 0)
        while true {
            let instruction = instructions[at]
            (at, steps) = (at + 1, steps + 1)
            switch instruction.code {
            case 0x20: word = data[Int(instruction.operand / 4)]
            case 0x05: at += Int(instruction.operand)
            case 0x15: at += word == instruction.operand ? instruction.ifTrue : instruction.ifFalse
            case 0x35: at += word >= instruction.operand ? instruction.ifTrue : instruction.ifFalse
            case 0x45: at += word & instruction.operand != 0 ? instruction.ifTrue : instruction.ifFalse
            default: return Verdict(action: instruction.operand, steps: steps)
            }
        }
    }
}
