import FoundationEssentials
import Linux
package import SystemPackage

/// A kernel's loadable modules: which are files, which are part of the kernel, and what each one needs.
package struct KernelModules {
    /// A module's file.
    package struct Module: Hashable, Sendable {
        /// Its name, with `_` for `-` as the kernel has it.
        package let name: String
        /// Where it is.
        package let path: FilePath
    }

    private let files: [String: FilePath]
    private let builtIn: Set<String>

    /// Knows modules by the paths of their files and the text of `modules.builtin`.
    init(files: [FilePath], builtIn: String) {
        self.files = Dictionary(files.map { (Self.name($0.string), $0) }) { first, _ in first }
        self.builtIn = Set(builtIn.split(separator: "\n").map { Self.name(String($0)) })
    }

    /// Finds the modules below a folder, flat or as a tree.
    package init(folder: FilePath, builtInList: FilePath) throws {
        let paths = try FileManager.default.subpathsOfDirectory(atPath: folder.string)
        let list = (try? WholeFile.read(builtInList, limit: 1 << 20)) ?? []
        self.init(
            files: paths.filter { $0.contains(".ko") }.sorted().map { folder.appending($0) },
            builtIn: String(decoding: list, as: UTF8.self)
        )
    }

    /// The wanted modules and all that they need, each after what it needs.
    package func loadOrder(of wanted: [String]) throws -> [Module] {
        var order: [Module] = []
        var visiting: Set<String> = []
        for name in wanted { try visit(Self.name(name), neededBy: nil, &order, &visiting) }
        return order
    }

    private func visit(
        _ name: String,
        neededBy user: String?,
        _ order: inout [Module],
        _ visiting: inout Set<String>
    ) throws {
        if builtIn.contains(name) || order.contains(where: { $0.name == name }) { return }
        guard let path = files[name] else {
            let need = user.map { " (\($0) needs it)" } ?? ""
            throw HypervisorError(
                .missing,
                "kernel module \(name) is not there\(need) (fetch the kernel with \"make kernel\")"
            )
        }
        guard visiting.insert(name).inserted else {
            throw HypervisorError(
                .invalid,
                "kernel module \(name) needs itself (fetch the kernel with \"make kernel\")"
            )
        }
        for need in try Self.dependencies(path) { try visit(Self.name(need), neededBy: name, &order, &visiting) }
        order.append(Module(name: name, path: path))
    }

    /// A module's own list: `depends=` in its section `.modinfo`, names separated by commas.
    static func dependencies(_ path: FilePath) throws -> [String] {
        guard let object = ELFObject(try WholeFile.read(path, limit: 64 << 20)), let info = object.section(".modinfo")
        else {
            throw HypervisorError(.invalid, "\(path) is not a kernel module (compressed ones must be unpacked first)")
        }
        for entry in info.split(separator: 0) {
            let text = String(decoding: entry, as: UTF8.self)
            if text.hasPrefix("depends=") { return text.dropFirst(8).split(separator: ",").map(String.init) }
        }
        return []
    }

    private static func name(_ path: String) -> String {
        let file = path.split(separator: "/").last ?? ""
        let stem = file.firstRange(of: ".ko").map { file[..<$0.lowerBound] } ?? file[...]
        return String(stem.map { $0 == "-" ? "_" : $0 })
    }
}
