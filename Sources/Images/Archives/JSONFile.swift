import FoundationEssentials

/// JSON out of archives and the store's own files.
enum JSONFile {
    /// Decodes a file's content; a damaged one is named.
    static func decode<Value: Decodable>(
        _ type: Value.Type,
        _ bytes: [UInt8],
        name: String,
        code: ImagesError.Code = .badArchive
    ) throws(ImagesError) -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch {
            throw ImagesError(code, "\(name) cannot be read: it is damaged or of another format", cause: error)
        }
    }

    /// Encodes with sorted keys, so that equal values are equal bytes.
    static func encode(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(value))
    }
}
