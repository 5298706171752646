import Linux

/// A descriptor that a program is started with, by the number that it has there.
struct InheritedDescriptor: Sendable, Hashable {
    /// Its number in the program.
    let number: Int32

    /// A path under which the program opens the file again, whatever file system it sees; it needs `/proc`.
    var path: String { "/proc/self/fd/\(number)" }
}

/// The descriptors that a program is started with.
///
/// Nobody else chooses numbers, so that none can be given out twice. What was handed over stays open until this value
/// is gone: the program has its own by then.
struct InheritedDescriptors: ~Copyable, Sendable {
    /// Which descriptor of this process becomes which one of the program.
    private(set) var mappings: [SpawnPlan.Descriptor] = []
    private var owned: [Int32] = []

    /// The first one after the standard streams.
    private static let first: Int32 = 3

    init() {}

    deinit { for number in owned { _ = OwnedFD(taking: number) } }

    /// Hands a descriptor over.
    mutating func add(_ file: consuming OwnedFD) -> InheritedDescriptor {
        let number = file.release()
        owned.append(number)
        return add(borrowed: number)
    }

    /// Lends a descriptor, which stays its owner's and must be open when the program is started.
    mutating func add(borrowed number: Int32) -> InheritedDescriptor {
        let target = Self.first + Int32(mappings.count)
        mappings.append(.init(source: number, target: target))
        return InheritedDescriptor(number: target)
    }
}
