import CLinux

/// Strings as C wants them: a null-terminated array of null-terminated strings, freed with this value.
struct CStrings: ~Copyable {
    let pointers: UnsafeMutableBufferPointer<UnsafeMutablePointer<CChar>?>

    init(_ strings: [String]) {
        pointers = .allocate(capacity: strings.count + 1)
        _ = pointers.initialize(from: strings.map { strdup($0) } + [nil])
    }

    deinit {
        for pointer in pointers { free(pointer) }
        pointers.deallocate()
    }
}
