import Foundation
import Pods
import SystemPackage
import Testing

extension EndToEnd {
    /// Machines that are copies of one template, and must not be recognisable as such.
    @Suite struct CloneTests {
        /// What a container can see of its machine's randomness, a line each.
        private static let facts = """
            head -c 16 /dev/urandom | od -An -tx1 | tr -d ' \\n'; echo
            cat /proc/sys/kernel/random/uuid /proc/sys/kernel/random/boot_id /etc/machine-id
            grep -F '[stack]' /proc/self/maps | cut -d- -f1
            grep -F '[vdso]' /proc/self/maps | cut -d- -f1
            cat /sys/class/net/eth0/address
            hostname
            date +%s
            """
        private static let names = [
            "random bytes", "uuid", "boot id", "machine id", "stack", "vdso", "hardware address", "host name",
        ]

        @Test("clones that start at once have nothing random in common, and the right time", arguments: ["2", "0"])
        func distinct(pool: String) async throws {
            try await withNode { node in
                try await node.withDaemon("--pool", pool) { daemon in
                    let clones = try await Self.start(12, on: node)
                    for (column, name) in Self.names.enumerated() {
                        let values = clones.map { $0.facts[column] }
                        #expect(Set(values).count == values.count, "\(name): \(values.sorted())")
                        #expect(!values.contains(""), "\(name)")
                    }
                    for clone in clones {
                        let time = try #require(Double(clone.facts[Self.names.count]))
                        // Whole seconds, rounded down, at some instant of the command's run.
                        #expect((clone.began - 1.5...clone.ended + 0.5).contains(time))
                    }
                    let pool = try await daemon.pool()
                    #expect(pool.coldStarts == 0)
                    #expect(pool.templateStarts + pool.hits + pool.affineHits == 12)
                }
            }
        }

        @Test("a clone's container has nothing open that it was not given, and opens none of the guest's devices")
        func nothingInherited() async throws {
            let script = """
                ls /proc/self/fd | tr '\\n' ' '
                mknod /tmp/mem c 1 1 && (: </tmp/mem) 2>/dev/null && echo opened
                mknod /tmp/null c 1 3 && (: </tmp/null) && echo harmless
                cat /sys/class/net/lo/flags /sys/class/net/eth0/flags
                """
            try await withNode { node in
                try await node.withDaemon("--pool", "0") { daemon in
                    let finished = try await node.apus("run", "--rm", "busybox", "sh", "-c", script)
                    #expect(finished.output == "0 1 2 3 harmless\n0x9\n0x1002\n")
                    #expect(try await daemon.pool().templateStarts == 1)
                }
            }
        }

        private struct Clone: Sendable {
            let began: Double
            let facts: [String]
            let ended: Double
        }

        private static func start(_ count: Int, on node: Node) async throws -> [Clone] {
            try await withThrowingTaskGroup(of: Clone.self) { group in
                for _ in 0..<count {
                    group.addTask {
                        let began = Date().timeIntervalSince1970
                        let finished = try await node.apus("run", "--rm", "busybox", "sh", "-c", facts)
                        try #require(finished.code == 0, "\(finished.error)")
                        try #require(finished.lines.count == names.count + 1)
                        return Clone(began: began, facts: finished.lines, ended: Date().timeIntervalSince1970)
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
        }
    }
}
