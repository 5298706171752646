import FoundationEssentials

/// Writes the layer fuzzer's first inputs.
@main
enum Seeds {
    static func main() throws {
        let folder = URL(filePath: CommandLine.arguments.dropFirst().first ?? "Fuzz/Corpus").appending(path: "layers")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for (name, bytes) in TarSamples.seeds { try Data(bytes).write(to: folder.appending(path: name)) }
    }
}
