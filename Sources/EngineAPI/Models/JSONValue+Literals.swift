package import OCI

extension JSONValue: ExpressibleByStringLiteral {
    package init(stringLiteral value: String) { self = .string(value) }
}

extension JSONValue: ExpressibleByBooleanLiteral {
    package init(booleanLiteral value: Bool) { self = .bool(value) }
}

extension JSONValue: ExpressibleByIntegerLiteral {
    package init(integerLiteral value: Int64) { self = .integer(value) }
}

extension JSONValue: ExpressibleByArrayLiteral {
    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
}

extension JSONValue: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(Dictionary(elements) { $1 })
    }
}

extension JSONValue {
    /// A list of texts.
    static func list(_ texts: some Sequence<String>) -> JSONValue { .array(texts.map { .string($0) }) }

    /// A list of texts that Docker writes as `null` when there are none.
    static func listOrNull(_ texts: some Collection<String>) -> JSONValue { texts.isEmpty ? .null : list(texts) }

    /// An object of texts.
    static func map(_ texts: [String: String]) -> JSONValue { .object(texts.mapValues { .string($0) }) }

    /// A number, whatever its type; one that is too large counts as the largest.
    static func number(_ value: some BinaryInteger) -> JSONValue { .integer(Int64(clamping: value)) }

    /// Whether Docker takes it for a setting that was not made.
    var isUnset: Bool {
        switch self {
        case .null, .bool(false), .integer(0), .string(""): true
        case .array(let elements): elements.allSatisfy(\.isUnset)
        case .object(let members): members.isEmpty
        default: false
        }
    }

    /// An object without the members that were not told; anything else as it is.
    var withoutUnset: JSONValue {
        guard case .object(let members) = self else { return self }
        return .object(members.filter { !$1.isUnset })
    }

    /// What it is, in words for a message.
    var kind: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .integer, .decimal, .double: "a number"
        case .string: "a text"
        case .array: "a list"
        case .object: "an object"
        }
    }
}
