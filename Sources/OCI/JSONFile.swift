import FoundationEssentials

/// JSON out of archives, registries and our own files.
package enum JSONFile {
    /// Decodes a file's content; a damaged one is named.
    package static func decode<Value: Decodable>(
        _ type: Value.Type,
        _ bytes: [UInt8],
        name: String,
        code: ImageError.Code = .badArchive
    ) throws(ImageError) -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch {
            throw ImageError(code, "\(name) cannot be read: it is damaged or of another format", cause: error)
        }
    }

    /// Encodes with sorted keys, so that equal values are equal bytes.
    package static func encode(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(value))
    }
}
