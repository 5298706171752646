/// Names of pods.
package enum PodName {
    /// Checks a user's name: a letter or a digit, then letters, digits, `_`, `.` and `-`, at most 63.
    package static func validate(_ name: String) throws(PodsError) {
        let bytes = Array(name.utf8)
        guard let first = bytes.first, isAlphanumeric(first), (2...63).contains(bytes.count),
            bytes.allSatisfy({ isAlphanumeric($0) || "_.-".utf8.contains($0) })
        else {
            throw PodsError(
                .invalid,
                "\"\(name)\" is no name for a container (use 2 to 63 letters, digits, \"_\", \".\" or \"-\", a letter or digit first)"
            )
        }
    }

    /// A name that is easy to say; it may be taken.
    package static func random(using generator: inout some RandomNumberGenerator) -> String {
        let quality = qualities.randomElement(using: &generator) ?? "quick"
        let bird = birds.randomElement(using: &generator) ?? "swift"
        return "\(quality)_\(bird)"
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }

    private static let qualities = [
        "agile", "airy", "bold", "brave", "bright", "brisk", "calm", "clear", "deft", "eager", "early", "fair", "fleet",
        "free", "fresh", "gentle", "glad", "grand", "happy", "high", "keen", "kind", "light", "lively", "lofty",
        "lucid",
        "merry", "mild", "neat", "nimble", "proud", "quick", "quiet", "rapid", "rare", "ready", "serene", "sharp",
        "sleek",
        "smart", "soaring", "sound", "spry", "steady", "still", "sunny", "swift", "tidy", "vivid", "warm", "wise",
        "witty",
    ]

    private static let birds = [
        "albatross", "avocet", "bittern", "bunting", "buzzard", "crane", "curlew", "dipper", "dove", "dunlin", "eagle",
        "egret", "falcon", "fieldfare", "finch", "fulmar", "gannet", "godwit", "goldcrest", "grebe", "harrier", "heron",
        "hobby", "hoopoe", "ibis", "jackdaw", "jay", "kestrel", "kingfisher", "kite", "lapwing", "lark", "linnet",
        "magpie",
        "martin", "merlin", "nightjar", "nuthatch", "oriole", "osprey", "petrel", "pipit", "plover", "puffin", "quail",
        "raven", "redstart", "robin", "sanderling", "shrike", "siskin", "skua", "snipe", "starling", "stork", "swallow",
        "tern", "thrush", "turnstone", "wagtail", "warbler", "waxwing", "wheatear", "whimbrel", "wren", "wryneck",
    ]
}
