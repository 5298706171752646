import ArgumentParser
import FoundationEssentials
import Pods

extension SystemCommand {
    struct Pool: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "pool",
            abstract: "Show the machines that the daemon keeps ready.",
            usage: "apus system pool [OPTIONS]"
        )

        enum Format: String, ExpressibleByArgument, CaseIterable { case table, json, prometheus }

        @Option(help: "How to show it: table, json or prometheus.")
        var format = Format.table

        @Flag(help: "Show nothing; succeed if every machine that is wanted is ready.")
        var ready = false

        @OptionGroup var node: NodeOptions

        func run() async throws {
            let node = try node.node()
            guard case .pool(let report)? = try await DaemonClient(node: node).ask(.pool) else {
                throw PodsError(.notFound, "no daemon serves \(node.runRoot) (start one with \"apusd\")")
            }
            if ready { throw ExitStatus(code: report.isReady ? 0 : 1) }
            switch format {
            case .table: Console.write(table(report))
            case .json: Console.line(String(decoding: try encoder.encode(report), as: UTF8.self))
            case .prometheus: Console.write(report.prometheus)
            }
        }

        private var encoder: JSONEncoder {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
            return encoder
        }

        private func table(_ report: PoolReport) -> String {
            var table = Table("WHAT", "NOW")
            table.append(["idle machines", "\(report.idle)"])
            table.append(["idle machines with an image", "\(report.idleWithImage)"])
            table.append(["templates", "\(report.templates)"])
            table.append(["hits", "\(report.hits)"])
            table.append(["hits with the image", "\(report.affineHits)"])
            table.append(["started from a template", "\(report.templateStarts)"])
            table.append(["booted", "\(report.coldStarts)"])
            table.append(["failures", "\(report.failures)"])
            return table.text
        }
    }
}
