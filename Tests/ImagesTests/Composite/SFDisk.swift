import Foundation
import SystemPackage
import TestSupport

/// What fdisk's author makes of a disk.
enum SFDisk {
    struct Partition: Decodable, Equatable {
        let start: Int
        let size: Int
        let name: String
    }

    private struct Report: Decodable {
        struct Table: Decodable { let partitions: [Partition] }
        let partitiontable: Table
    }

    static func partitions(of disk: FilePath) async throws -> [Partition] {
        // A warning about a damaged first copy comes before the report.
        let text = try await Shell.run(["sfdisk", "--json", disk.string])
        let json = text.drop { $0 != "{" }
        return try JSONDecoder().decode(Report.self, from: Data(json.utf8)).partitiontable.partitions
    }
}
