import CLinux

/// C strings and arrays of them that live as long as this value: what a child needs between fork and exec.
final class CStrings {
    private var strings: [UnsafeMutablePointer<CChar>] = []
    private var lists: [UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>] = []

    deinit {
        for string in strings { free(string) }
        for list in lists { list.deallocate() }
    }

    /// A copy of a string.
    func string(_ value: String) -> UnsafeMutablePointer<CChar>? {
        guard let copy = strdup(value) else { return nil }
        strings.append(copy)
        return copy
    }

    /// A list of copies, ended by NULL.
    func list(_ values: [String]) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> {
        let list = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: values.count + 1)
        for index in 0..<values.count { list[index] = string(values[index]) }
        list[values.count] = nil
        lists.append(list)
        return list
    }
}
