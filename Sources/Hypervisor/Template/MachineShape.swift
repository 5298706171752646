/// What machines of one template have in common.
package struct MachineShape: Sendable, Hashable, Codable {
    /// The memory that the guest sees, in bytes; whole mebibytes.
    package var memory: UInt64
    /// How many processors the guest sees.
    package var processors: Int

    /// Names a shape; whether a machine can have it shows when one is made.
    package init(memory: UInt64, processors: Int) {
        self.memory = memory
        self.processors = processors
    }
}
