import FoundationEssentials
import OCI
import SystemPackage
import TestSupport
import Testing

@testable import Images

/// Random numbers that a failing test can repeat (SplitMix64).
struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

@Suite("Mutated layers")
struct TarMutationTests {
    /// Changes some bytes, moves blocks about, cuts; mostly with checksums that are right again.
    static func mutate(_ seed: UInt64) -> [UInt8] {
        var random = SeededNumbers(seed: seed)
        var bytes = TarSamples.whole
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            // Whole blocks only: what is left of one after a cut stays as it is.
            let index = Int.random(in: 0..<(bytes.count / 512 * 512), using: &random)
            let block = index / 512 * 512
            switch Int.random(in: 0..<6, using: &random) {
            case 0: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 1: bytes[index] = UInt8(ascii: "9")
            case 2: bytes.removeSubrange(block..<(block + 512))
            case 3: bytes.insert(contentsOf: Array(bytes[block..<(block + 512)]), at: block)
            case 4:
                bytes[block + [100, 124, 156, 157, 386, 482, 483].randomElement(using: &random, or: 156)] =
                    UInt8.random(in: 0x30...0x39, using: &random)
            default: bytes.removeSubrange(index...)
            }
            guard bytes.count >= 512 else { break }
        }
        return TarSamples.summed(bytes)
    }

    @Test("the archive that the others are made from is read as it was written")
    func original() throws {
        let lines = try LayerListing.lines(of: TarSamples.whole)
        #expect(lines.count == 11)
        #expect(lines.contains("d/through file 644 0:0"))
    }

    @Test("a mutated layer is read or refused, and nothing else happens", arguments: 0..<20)
    func mutated(batch: Int) throws {
        var limits = Limits()
        limits.layerBytes = 1 << 24
        for seed in 0..<100 {
            do {
                _ = try LayerListing.lines(of: Self.mutate(UInt64(batch * 1000 + seed)), limits: limits)
            } catch is ImageError {
                continue
            }
        }
    }

    @Test(
        "a mutated layer that is refused leaves no disk",
        .enabled(if: Shell.has("gzip", "zstd"), "needs gzip and zstd")
    )
    func noDiskLeft() async throws {
        try await LayerFixture.with { fixture in
            for seed in 0..<200 as Range<UInt64> {
                try fixture.write(Self.mutate(seed), "mutated")
                do {
                    _ = try await fixture.converter.convert(fixture.region("mutated"), diffID: nil, to: fixture.disk)
                    try await Shell.run(["rm", fixture.disk.string])
                } catch is ImageError {
                    fixture.expectNothing()
                }
            }
        }
    }
}

extension Array {
    fileprivate func randomElement(using generator: inout SeededNumbers, or other: Element) -> Element {
        randomElement(using: &generator) ?? other
    }
}
