import AgentProtocol

/// What is in the slots of a machine's layer disk.
///
/// A slot is filled once: a guest keeps pages of what it has read, and nothing tells it that a disk has changed. So a
/// filled slot keeps its file, and whatever the disk consists of next has that file in the same place.
struct LayerSlots: Sendable, Hashable {
    /// What a slot is filled with, in words that QEMU keeps with the file, so that a new daemon reads them there.
    struct Content: Sendable, Hashable {
        /// The layer's length in bytes.
        let size: Int64
        /// Which file of the host it is (see `FileIdentity`).
        let file: String

        /// What QEMU keeps; there is no comma in it, which would end an option.
        var label: String { "\(size) \(file)" }

        init(size: Int64, file: String) {
            self.size = size
            self.file = file
        }

        /// Reads a label; what cannot be read is no layer's, and so is equal to none.
        init(label: String) {
            let words = label.split(separator: " ", maxSplits: 1)
            self.init(size: words.first.flatMap { Int64($0) } ?? 0, file: words.dropFirst().joined())
        }
    }

    /// A piece of the disk: a file, or zeros.
    struct Piece: Sendable, Hashable {
        /// Its number in `DescriptorSets`.
        let file: Int
        let size: Int64
    }

    /// The filled slots.
    private(set) var contents: [Int: Content] = [:]
    /// The disks that QEMU has joined and not closed, numbered in order; the guest reads the last, or none yet.
    private(set) var generations: [Int] = []
    /// Whether the guest's disk has all that the slots are filled with.
    private(set) var isShown = true

    /// Nothing is filled.
    init() {}

    /// Reads back what a machine has; whether the guest has seen all of it cannot be known.
    init(descriptors: [(number: Int, label: String)]) {
        for (number, label) in descriptors {
            if let slot = DescriptorSets.slot(of: number) { contents[slot] = Content(label: label) }
            if let generation = DescriptorSets.generation(of: number) { generations.append(generation) }
        }
        generations.sort()
        isShown = contents.isEmpty && generations.isEmpty
    }

    /// Fills slots from one on, each with one layer.
    ///
    /// - Returns: the slots that were empty; the others had those layers already.
    mutating func fill(_ layers: [Content], from first: Int) throws -> [Int] {
        guard first >= 1, !layers.isEmpty, layers.count <= LayerDisk.slots + 1 - first else {
            throw HypervisorError(
                .invalid,
                "\(layers.count) layers do not fit into slots 1 to \(LayerDisk.slots) from slot \(first) on"
            )
        }
        let wanted = Dictionary(uniqueKeysWithValues: layers.enumerated().map { (first + $0, $1) })
        for (slot, content) in wanted.sorted(by: { $0.key < $1.key }) where contents[slot] ?? content != content {
            throw HypervisorError(
                .invalid,
                "slot \(slot) has another layer, which the guest may have read (use a free slot, or another machine)"
            )
        }
        let added = wanted.keys.filter { contents[$0] == nil }.sorted()
        contents.merge(wanted) { old, _ in old }
        if !added.isEmpty { isShown = false }
        return added
    }

    /// The number of the next disk to join.
    var next: Int { (generations.last ?? 0) + 1 }

    /// Notes that the guest reads the next disk now.
    ///
    /// - Returns: the disks before it, which are to be closed.
    mutating func show() -> [Int] {
        let old = generations
        generations = [next]
        isShown = true
        return old
    }

    /// What the disk consists of, from its start to its end.
    ///
    /// A piece of a layer has its whole slot: QEMU reads zeros behind a file's end.
    var pieces: [Piece] {
        var pieces: [Piece] = []
        var end: Int64 = 0
        for slot in contents.keys.sorted() {
            let start = LayerDisk.offset(of: slot)
            if start > end { pieces.append(Piece(file: DescriptorSets.zeros, size: start - end)) }
            pieces.append(Piece(file: DescriptorSets.layer(slot), size: LayerDisk.slotSize))
            end = start + LayerDisk.slotSize
        }
        if end < LayerDisk.size { pieces.append(Piece(file: DescriptorSets.zeros, size: LayerDisk.size - end)) }
        return pieces
    }
}
