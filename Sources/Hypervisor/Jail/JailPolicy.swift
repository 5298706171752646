/// Whether an operator wants QEMU locked up.
package enum JailPolicy: String, Sendable, Hashable, CaseIterable {
    /// Always, as it should be.
    case on
    /// Not at all, to look for a fault; each start of a machine warns of it.
    case off
}
