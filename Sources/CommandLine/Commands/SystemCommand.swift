import ArgumentParser
import FoundationEssentials
import Images
import OCI
import Pods

struct SystemCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "system",
        abstract: "Look at and after what Apus keeps.",
        usage: "apus system COMMAND",
        subcommands: [DiskUsage.self, Pool.self]
    )

    struct DiskUsage: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "df",
            abstract: "Show what takes how much room on the disk.",
            usage: "apus system df [OPTIONS]"
        )

        @Flag(name: .shortAndLong, help: "Show each image.")
        var verbose = false

        @OptionGroup var node: NodeOptions

        func run() async throws {
            let service = try node.service()
            let usage = try service.images.usage()
            let users = try service.imageUsers()
            Console.write(verbose ? images(usage, users) : summary(usage, users))
        }

        private func summary(_ usage: StoreUsage, _ users: [Digest: [String]]) -> String {
            let used = usage.images.filter { users[$0.image.id] != nil }
            let idle = usage.images.filter { users[$0.image.id] == nil }.reduce(0) { $0 + $1.unique }
            var table = Table("TYPE", "TOTAL", "ACTIVE", "SIZE", "RECLAIMABLE")
            table.append([
                "Images", "\(usage.images.count)", "\(used.count)", size(usage.blobs + usage.disks),
                size(idle + usage.unreachable),
            ])
            table.append(["  blobs", "", "", size(usage.blobs), ""])
            table.append(["  disks", "", "", size(usage.disks), ""])
            table.append(["Transfers", "", "", size(usage.unfinished), size(usage.unfinished)])
            return table.text
        }

        private func images(_ usage: StoreUsage, _ users: [Digest: [String]]) -> String {
            var table = Table(
                "REPOSITORY",
                "TAG",
                "IMAGE ID",
                "CREATED",
                "SIZE",
                "SHARED SIZE",
                "UNIQUE SIZE",
                "CONTAINERS"
            )
            for item in usage.images {
                let name = item.image.references.first
                let created = item.image.created.map { HumanDuration.ago(.seconds(Date.now.timeIntervalSince($0))) }
                table.append([
                    name?.familiarName ?? "<none>", name?.tag ?? "<none>", ShortID.of(item.image.id.description),
                    created ?? "N/A", size(item.shared + item.unique), size(item.shared), size(item.unique),
                    "\(users[item.image.id]?.count ?? 0)",
                ])
            }
            return table.text
        }

        private func size(_ bytes: Int64) -> String { HumanSize.decimal(UInt64(clamping: bytes)) }
    }
}
