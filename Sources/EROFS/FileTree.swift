/// The names and inodes of a disk, in memory: about 200 bytes a name.
package struct FileTree: Sendable {
    /// An inode.
    package struct Node: Hashable, Sendable {
        let index: Int32
    }

    struct Inode {
        var content: FileContent
        var attributes: FileAttributes
        /// Names that it has; a folder has one.
        var names: UInt32 = 1
        /// The folder's newest entry; -1 if there is none.
        var firstEntry: Int32 = -1
    }

    /// A name in a folder.
    private struct Entry {
        let name: [UInt8]
        /// The inode; -1 once the name was removed.
        var node: Int32
        let next: Int32
    }

    private struct Key: Hashable {
        let folder: Int32
        let name: [UInt8]
    }

    /// The longest name, by Linux's NAME_MAX.
    package static let longestName = 255
    /// The longest target of a symbolic link, by Linux's PATH_MAX.
    package static let longestLink = 4095

    private(set) var inodes: [Inode] = []
    private var entries: [Entry] = []
    private var names: [Key: Int32] = [:]

    package let root = Node(index: 0)

    /// Makes a tree of nothing but its root folder.
    package init(root: FileAttributes) {
        inodes = [Inode(content: .folder, attributes: root)]
    }

    /// The inode that a folder has under a name.
    package func child(_ name: ArraySlice<UInt8>, of folder: Node) -> Node? {
        names[Key(folder: folder.index, name: Array(name))].map { Node(index: entries[Int($0)].node) }
    }

    package func content(of node: Node) -> FileContent { self[node].content }

    package func attributes(of node: Node) -> FileAttributes { self[node].attributes }

    /// Replaces an inode's attributes.
    package mutating func setAttributes(of node: Node, _ attributes: FileAttributes) throws(EROFSError) {
        if !attributes.extended.isEmpty { _ = try AttributeArea(attributes.extended) }
        inodes[Int(node.index)].attributes = attributes
    }

    /// Makes a new inode under a name that the folder has not got yet.
    ///
    /// - Throws: what the disk could not hold.
    @discardableResult
    package mutating func add(
        _ name: ArraySlice<UInt8>,
        to folder: Node,
        _ content: FileContent,
        _ attributes: FileAttributes
    ) throws(EROFSError) -> Node {
        if !attributes.extended.isEmpty { _ = try AttributeArea(attributes.extended) }
        if case .symbolicLink(let target) = content {
            guard (1...Self.longestLink).contains(target.count), !target.contains(0) else {
                throw EROFSError(.link, "a symbolic link whose target is empty, too long or has a zero byte")
            }
        }
        guard content.hasStorableNumbers, attributes.modifiedNanoseconds < 1_000_000_000 else {
            throw EROFSError(.attributes, "a device number or a time that Linux does not have")
        }
        guard inodes.count < Int(Int32.max) else { throw EROFSError(.size, "more than 2³¹ files") }
        let node = Node(index: Int32(inodes.count))
        try enter(name, node, in: folder)
        inodes.append(Inode(content: content, attributes: attributes))
        return node
    }

    /// Gives an inode that is no folder a further name.
    package mutating func link(_ name: ArraySlice<UInt8>, to folder: Node, target: Node) throws(EROFSError) {
        precondition(content(of: target) != .folder, "a folder has one name only")
        try enter(name, target, in: folder)
        inodes[Int(target.index)].names += 1
    }

    private mutating func enter(_ name: ArraySlice<UInt8>, _ node: Node, in folder: Node) throws(EROFSError) {
        guard Self.isName(name), entries.count < Int(Int32.max) else {
            throw EROFSError(.name, "a name that is empty, too long, or has a slash or a zero byte")
        }
        let key = Key(folder: folder.index, name: Array(name))
        precondition(names[key] == nil, "the folder has this name already")
        names[key] = Int32(entries.count)
        entries.append(Entry(name: key.name, node: node.index, next: self[folder].firstEntry))
        inodes[Int(folder.index)].firstEntry = Int32(entries.count - 1)
    }

    /// Removes a name, and with a folder everything below it; what has no name left is not written.
    package mutating func remove(_ name: ArraySlice<UInt8>, from folder: Node) {
        guard let entry = names.removeValue(forKey: Key(folder: folder.index, name: Array(name))) else { return }
        var condemned = [entry]
        while let next = condemned.popLast() {
            let node = Int(entries[Int(next)].node)
            entries[Int(next)].node = -1
            inodes[node].names -= 1
            var below = inodes[node].firstEntry
            inodes[node].firstEntry = -1
            while below >= 0 {
                if entries[Int(below)].node >= 0 {
                    names[Key(folder: Int32(node), name: entries[Int(below)].name)] = nil
                    condemned.append(below)
                }
                below = entries[Int(below)].next
            }
        }
    }

    /// Hands out the names of a folder, in no order that means anything.
    package func forEachChild(
        of folder: Node,
        _ body: (_ name: ArraySlice<UInt8>, _ node: Node) throws -> Void
    ) rethrows {
        var entry = self[folder].firstEntry
        while entry >= 0 {
            let current = entries[Int(entry)]
            if current.node >= 0 { try body(current.name[...], Node(index: current.node)) }
            entry = current.next
        }
    }

    /// As `forEachChild`, with names that share the tree's memory.
    func forEachEntry(of folder: Node, _ body: (_ name: [UInt8], _ node: Node) -> Void) {
        var entry = self[folder].firstEntry
        while entry >= 0 {
            let current = entries[Int(entry)]
            if current.node >= 0 { body(current.name, Node(index: current.node)) }
            entry = current.next
        }
    }

    private static func isName(_ name: ArraySlice<UInt8>) -> Bool {
        (1...longestName).contains(name.count) && !name.contains(0) && !name.contains(UInt8(ascii: "/"))
            && !name.elementsEqual(".".utf8) && !name.elementsEqual("..".utf8)
    }

    subscript(_ node: Node) -> Inode { inodes[Int(node.index)] }
}
