package import Linux
import SystemPackage

/// What a virtual machine is to be made of.
package struct VMConfiguration: Sendable {
    /// Its name in process lists and control groups: letters, digits, `-`, `_` and `.`, at most 64.
    package var id: String
    /// The memory that the guest sees, in bytes; whole mebibytes.
    package var memory: UInt64
    /// How many processors the guest sees.
    package var processors: Int
    /// The kernel and the initial file system that it boots.
    package var guest: GuestImage
    /// More words for the kernel's command line.
    package var kernelArguments: [String] = []
    /// Layers that are in the first slots of the layer disk when the guest starts.
    package var layers: [LayerFile] = []
    /// Disks that are there when the guest starts, beside the layer disk.
    package var disks: [DiskAttachment] = []
    /// Its network card, if it has one.
    package var network: NetworkCard?
    /// What the VMM's process may use, guest included; what is not given follows from the machine's size.
    package var limits = CgroupLimits()

    /// A tap device as a network card.
    package struct NetworkCard: Sendable, Hashable {
        /// An open tap descriptor; it stays the caller's and may be closed once `start` has returned.
        package var tap: Int32
        /// The card's hardware address, such as `52:54:00:12:34:56`.
        package var address: String

        /// Names a tap descriptor and the address that the guest gets.
        package init(tap: Int32, address: String) {
            self.tap = tap
            self.address = address
        }
    }

    /// Describes a machine; the other properties have the defaults above.
    package init(id: String, memory: UInt64, processors: Int, guest: GuestImage) {
        self.id = id
        self.memory = memory
        self.processors = processors
        self.guest = guest
    }

    /// Refuses what would end up as an unreadable message of the VMM.
    func validate() throws {
        guard Self.isName(id) else {
            throw HypervisorError(.invalid, "virtual machine name \"\(id)\" is not 1-64 letters, digits, - _ or .")
        }
        // A Debian guest does not come up with less than 64 MiB (measured), and TCG has no more than 255 processors.
        guard memory >= 64 << 20, memory % (1 << 20) == 0 else {
            throw HypervisorError(.invalid, "memory of \"\(id)\" is \(memory) bytes (give whole mebibytes, 64 or more)")
        }
        guard (1...255).contains(processors) else {
            throw HypervisorError(.invalid, "\"\(id)\" asks for \(processors) processors (give 1 to 255)")
        }
        for disk in disks { try disk.validate() }
        if let network, !Self.isHardwareAddress(network.address) {
            throw HypervisorError(
                .invalid,
                "hardware address \"\(network.address)\" is not of the form 52:54:00:12:34:56"
            )
        }
    }

    private static func isHardwareAddress(_ text: String) -> Bool {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count == 6
            && parts.allSatisfy { $0.utf8.count == 2 && UInt8($0, radix: 16) != nil && $0.first != "+" }
    }

    static func isName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count) && text.first != "."
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                    true
                default: false
                }
            }
    }
}
