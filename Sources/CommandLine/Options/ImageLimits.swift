import ArgumentParser
import Images

/// Limits on images that the environment sets.
enum ImageLimits {
    /// Reads `APUS_MAX_BLOB` (a layer as it is published), `APUS_MAX_LAYER` (a layer without compression), both in the
    /// form of `--memory`, and `APUS_MAX_ENTRIES` (files of a layer).
    static func read(_ environment: [String: String]) throws -> Limits {
        var limits = Limits()
        if let text = environment["APUS_MAX_BLOB"] { limits.blobBytes = try size(text, "APUS_MAX_BLOB") }
        if let text = environment["APUS_MAX_LAYER"] { limits.layerBytes = try size(text, "APUS_MAX_LAYER") }
        guard let text = environment["APUS_MAX_ENTRIES"] else { return limits }
        guard let count = Int(text), count > 0 else {
            throw ValidationError("APUS_MAX_ENTRIES is \"\(printable(text))\", which is no number of files")
        }
        limits.entries = count
        return limits
    }

    private static func size(_ text: String, _ name: String) throws -> Int64 {
        guard let size = try? MemorySize(parsing: text), let bytes = Int64(exactly: size.bytes), bytes > 0 else {
            throw ValidationError("\(name) is \"\(printable(text))\", which is no size (such as 500m or 16g)")
        }
        return bytes
    }
}
