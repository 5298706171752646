import Linux
import SystemPackage
import TestSupport
import Testing

@Suite("control groups")
struct HostCgroupTests {
    @Test(
        "a child starts inside its group, limits hold, and the group goes away",
        .enabled(if: CgroupHierarchies.mounted() != .none, "needs writable cgroups")
    )
    func membership() async throws {
        let group = try #require(try HostCgroup.create("linux-tests", limits: .init(memory: 64 << 20, processes: 8)))
        defer { group.remove() }
        try await withTemporaryFolder { folder in
            let output = try OwnedFD.open(folder.appending("out"), .readWrite, options: .create)
            var plan = SpawnPlan("/bin/cat", ["/proc/self/cgroup"])
            plan.descriptors = [.init(source: output.rawValue, target: 1)]
            plan.cgroup = group
            let child = try ChildProcess.spawn(plan)
            #expect(try await child.waitForExit(timeout: .seconds(10)) == .exited(0))
            #expect(try ProcFile.read(folder.appending("out")).contains("/apus/linux-tests\n"))
        }
        group.remove()
        #expect(try HostCgroup.create("linux-tests") == group, "it can be made anew, so it was removed or empty")
    }

    @Test(
        "a group cannot be removed while a process is in it",
        .enabled(if: CgroupHierarchies.mounted() != .none, "needs writable cgroups")
    )
    func busy() async throws {
        let group = try #require(try HostCgroup.create("linux-tests-busy"))
        var plan = SpawnPlan("/bin/sleep", ["60"])
        plan.cgroup = group
        let child = try ChildProcess.spawn(plan)
        let wasRemoved = group.remove()
        try child.kill()
        #expect(try await child.waitForExit(timeout: .seconds(10)) == .signaled(9))
        #expect(!wasRemoved)
        #expect(group.remove())
    }

    @Test(
        "a group's processes can be killed without knowing them",
        .enabled(if: CgroupHierarchies.mounted() != .none, "needs writable cgroups")
    )
    func kill() async throws {
        let group = try #require(try HostCgroup.create("linux-tests-kill"))
        var plan = SpawnPlan("/bin/sleep", ["60"])
        plan.cgroup = group
        let child = try ChildProcess.spawn(plan)
        HostCgroup.named("linux-tests-kill").kill()
        #expect(try await child.waitForExit(timeout: .seconds(10)) == .signaled(9))
        #expect(group.remove())
        group.kill()
    }

    @Test("without hierarchies there is no group, and no error")
    func none() throws {
        let hierarchies = CgroupHierarchies.none
        #expect(try HostCgroup.create("nothing", among: hierarchies) == nil)
    }
}
