#if hasFeature(Embedded)
    /// Nothing: the guest never compares messages, and what compares them would be 60 KB of its size.
    package protocol WireEquatable {}
#else
    /// Equality of messages, for the host's tests.
    package typealias WireEquatable = Equatable
#endif
