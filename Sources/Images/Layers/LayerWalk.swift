import EROFS

/// A walk through a layer's folders along a name, which symbolic links may lengthen.
struct LayerWalk {
    private var way: [(node: FileTree.Node, length: Int)]
    /// What is left to go, the next part last.
    private var rest: [ArraySlice<UInt8>]
    /// How many of these the entry itself names; those that a link put before them are on top.
    private var own: Int
    /// How many links have been followed.
    private(set) var hops = 0
    /// Bytes of the name of the present folder.
    private(set) var length = 0

    init(from root: FileTree.Node, along parts: ArraySlice<ArraySlice<UInt8>>) {
        way = [(root, 0)]
        rest = parts.reversed()
        own = parts.count
    }

    /// The folder that has been reached.
    var node: FileTree.Node { way[way.count - 1].node }

    /// The next part of the name, and whether the entry itself names it.
    mutating func next() -> (part: ArraySlice<UInt8>, isOwn: Bool)? {
        guard let part = rest.popLast() else { return nil }
        let isOwn = rest.count < own
        own = min(own, rest.count)
        return (part, isOwn)
    }

    mutating func descend(to folder: FileTree.Node, _ part: ArraySlice<UInt8>) {
        way.append((folder, part.count + 1))
        length += part.count + 1
    }

    /// Goes back to the folder above.
    ///
    /// - Returns: `false` at the root.
    mutating func ascend() -> Bool {
        guard way.count > 1 else { return false }
        length -= way.removeLast().length
        return true
    }

    mutating func follow(_ target: [UInt8], root: FileTree.Node) {
        hops += 1
        if target.first == UInt8(ascii: "/") {
            way = [(root, 0)]
            length = 0
        }
        rest += TarEntry.components(target).reversed()
    }
}
