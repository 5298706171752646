import OCI
import Pods

/// One member of a request to make a container, and what becomes of it.
package struct RequestField: Sendable {
    /// What becomes of a setting.
    package enum Treatment: Sendable, Equatable {
        /// The container gets what was asked for, or the client hears why it cannot.
        case honoured
        /// It changes nothing here that anybody could notice.
        case harmless
        /// The container is made without it, and the client is warned.
        case warned
        /// No container is made.
        case refused

        /// Its name in messages and documents.
        package var name: String { "\(self)" }
    }

    /// Its name on the wire.
    package let name: String
    /// What becomes of it.
    package let treatment: Treatment
    /// Why, for people: the end of a sentence that begins with the name.
    package let reason: String
    /// What counts as not told beside what does so everywhere.
    let unset: [JSONValue]

    init(_ name: String, _ treatment: Treatment, _ reason: String = "", unset: [JSONValue] = []) {
        self.name = name
        self.treatment = treatment
        self.reason = reason
        self.unset = unset
    }

    func isTold(_ value: JSONValue) -> Bool { !value.isUnset && !unset.contains(value.withoutUnset) }
}

extension [RequestField] {
    /// Looks at every member of an object, also at those that nobody knows.
    ///
    /// - Returns: what the client is to be warned of, in the order of the names.
    /// - Throws: `PodsError` `.invalid` for the first that is refused.
    func check(_ fields: RequestFields) throws(PodsError) -> [String] {
        let known = Dictionary(map { ($0.name, $0) }) { $1 }
        var warnings: [String] = []
        for (name, value) in fields.members.sorted(by: { $0.key < $1.key }) {
            guard let field = known[name] else {
                if !value.isUnset {
                    warnings.append("\(fields.path)\(printable(name.utf8)) is not known here and was ignored")
                }
                continue
            }
            guard field.isTold(value) else { continue }
            switch field.treatment {
            case .honoured, .harmless: continue
            case .warned: warnings.append("\(fields.path)\(name) \(field.reason)")
            case .refused: throw PodsError(.invalid, "\(fields.path)\(name) \(field.reason)")
            }
        }
        return warnings
    }
}
