import CommandLine

@main
enum ApusDaemon {
    static func main() async {
        await DaemonTool.main()
    }
}
