import OCI
import Pods

/// The members of an object that a client sent, read as leniently as Docker reads them.
///
/// What is missing or `null` counts as not told. What is there must be of a kind that makes sense, or the client hears
/// which member does not.
struct RequestFields: Sendable {
    /// The members as they came.
    let members: [String: JSONValue]
    /// What stands before their names in messages: empty, or `HostConfig.`.
    let path: String

    /// - Throws: `PodsError` `.invalid` if the value is no object.
    init(_ value: JSONValue?, path: String = "") throws(PodsError) {
        switch value {
        case nil, .null?: members = [:]
        case .object(let members)?: self.members = members
        case let value?: throw Self.refusal(path.isEmpty ? "the body" : String(path.dropLast()), value, "an object")
        }
        self.path = path
    }

    private static func refusal(_ name: String, _ value: JSONValue, _ wanted: String) -> PodsError {
        PodsError(.invalid, "\(name) is \(value.kind), not \(wanted)")
    }

    private func value(_ name: String) -> JSONValue? {
        guard let value = members[name], value != .null else { return nil }
        return value
    }

    /// A text, or `nil` if it is empty.
    func text(_ name: String) throws(PodsError) -> String? {
        switch value(name) {
        case nil: return nil
        case .string(let text)?: return text.isEmpty ? nil : text
        case let value?: throw Self.refusal(path + name, value, "a text")
        }
    }

    /// A list of texts; a text alone is a list of one.
    func list(_ name: String) throws(PodsError) -> [String]? {
        switch value(name) {
        case nil: return nil
        case .string(let text)?: return [text]
        case .array(let elements)?:
            var texts: [String] = []
            for element in elements {
                guard let text = element.string else { throw Self.refusal("\(path)\(name)[]", element, "a text") }
                texts.append(text)
            }
            return texts
        case let value?: throw Self.refusal(path + name, value, "a list of texts")
        }
    }

    /// A whole number; 0 if there is none.
    ///
    /// Some clients send numbers in quotes.
    func number(_ name: String) throws(PodsError) -> Int64 {
        switch value(name) {
        case nil: return 0
        case .integer(let number)?: return number
        case .double(let number)? where number == number.rounded() && abs(number) < 1e15: return Int64(number)
        case .string(let text)? where Int64(text) != nil: return Int64(text) ?? 0
        case let value?: throw Self.refusal(path + name, value, "a whole number")
        }
    }

    /// A truth; 0 and 1 count too.
    func flag(_ name: String) throws(PodsError) -> Bool {
        switch value(name) {
        case nil: return false
        case .bool(let flag)?: return flag
        case .integer(let number)? where number == 0 || number == 1: return number == 1
        case let value?: throw Self.refusal(path + name, value, "true or false")
        }
    }

    /// Texts by their names; numbers and truths count as texts.
    func map(_ name: String) throws(PodsError) -> [String: String] {
        var texts: [String: String] = [:]
        for (key, value) in try object(name).members {
            switch value {
            case .string(let text): texts[key] = text
            case .integer(let number): texts[key] = "\(number)"
            case .bool(let flag): texts[key] = "\(flag)"
            case .null: texts[key] = ""
            default: throw Self.refusal("\(path)\(name).\(key)", value, "a text")
            }
        }
        return texts
    }

    /// An object; without members if it is not there.
    func object(_ name: String) throws(PodsError) -> RequestFields {
        try RequestFields(members[name], path: "\(path)\(name).")
    }

    /// A list of whole numbers; empty if it is not there.
    func numbers(_ name: String) throws(PodsError) -> [Int64] {
        guard let value = value(name) else { return [] }
        var numbers: [Int64] = []
        for element in value.elements {
            guard case .integer(let number) = element else {
                throw Self.refusal("\(path)\(name)[]", element, "a whole number")
            }
            numbers.append(number)
        }
        return numbers
    }

    /// A list of objects.
    func objects(_ name: String) throws(PodsError) -> [RequestFields] {
        switch value(name) {
        case nil: return []
        case .array(let elements)?:
            var objects: [RequestFields] = []
            for element in elements { objects.append(try RequestFields(element, path: "\(path)\(name)[].")) }
            return objects
        case let value?: throw Self.refusal(path + name, value, "a list of objects")
        }
    }
}
