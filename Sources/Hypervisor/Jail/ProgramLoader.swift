import Linux
import SystemPackage

/// The dynamic loader that a program names, which knows what libraries it would give the program.
struct ProgramLoader: Sendable {
    let path: FilePath

    /// Reads the loader's name from a 64-bit ELF program (ELF-64 object file format, program header `PT_INTERP`).
    init(of program: FilePath) throws {
        let file = try OwnedFD.open(program, .readOnly)
        let odd = HypervisorError(.invalid, "\(program) is no dynamically linked 64-bit program (install qemu again)")
        let header = try Self.read(file, at: 0, 64)
        guard header.starts(with: [0x7f, 0x45, 0x4c, 0x46, 2, 1]), let table = header.littleEndian(at: 32, 8),
            let size = header.littleEndian(at: 54, 2), let count = header.littleEndian(at: 56, 2), size >= 56
        else { throw odd }
        for index in 0..<Int64(count) {
            let entry = try Self.read(file, at: Int64(clamping: table) &+ index * Int64(size), 56)
            guard entry.littleEndian(at: 0, 4) == 3, let place = entry.littleEndian(at: 8, 8) else { continue }
            let length = Int(min(entry.littleEndian(at: 32, 8) ?? 0, 4096))
            let name = try Self.read(file, at: Int64(clamping: place), length).prefix { $0 != 0 }
            path = FilePath(String(decoding: name, as: UTF8.self))
            guard path.isAbsolute else { throw odd }
            return
        }
        throw odd
    }

    private static func read(_ file: borrowing OwnedFD, at offset: Int64, _ count: Int) throws -> [UInt8] {
        let descriptor = file.descriptor
        return try [UInt8](unsafeUninitializedCapacity: count) { buffer, used in
            used = try descriptor.read(fromAbsoluteOffset: offset, into: UnsafeMutableRawBufferPointer(buffer))
        }
    }

    /// Everything that would be loaded with a program or a library (ld.so(8), `--list`).
    func libraries(of program: FilePath) async throws -> [FilePath] {
        try await ProgramOutput.lines(of: path, ["--list", program.string]).compactMap { line in
            guard !line.hasSuffix("=> not found") else {
                throw HypervisorError(.missing, "library of \(program) is missing: \(line) (install qemu again)")
            }
            let name = line.split(separator: " => ").last?.split(separator: " (").first ?? ""
            return name.hasPrefix("/") ? FilePath(String(name)).lexicallyNormalized() : nil
        }
    }
}
