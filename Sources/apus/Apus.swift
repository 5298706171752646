import CommandLine

@main
enum Apus {
    static func main() async {
        await CommandLineTool.main()
    }
}
