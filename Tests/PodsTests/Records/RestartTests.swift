import Testing

@testable import Pods

@Suite("Starting again")
struct RestartTests {
    private static let forms: [(String, RestartPolicy, String)] = [
        ("no", .no, "no"), ("", .no, "no"), ("always", .always, "always"),
        ("unless-stopped", .unlessStopped, "unless-stopped"), ("on-failure", .onFailure(max: 0), "on-failure"),
        ("on-failure:0", .onFailure(max: 0), "on-failure"), ("on-failure:12", .onFailure(max: 12), "on-failure:12"),
    ]

    @Test("a policy is read as Docker writes it, and written so", arguments: forms)
    func parse(text: String, policy: RestartPolicy, written: String) throws {
        #expect(try RestartPolicy(parsing: text) == policy)
        #expect(policy.text == written)
    }

    @Test(
        "what is no policy is refused with those there are",
        arguments: [
            "Always", "on-failure:", "on-failure:-1", "on-failure:x", "always:3", "no:", ":", "on-failure:9999999",
        ]
    )
    func refuse(text: String) throws {
        let error = #expect(throws: PodsError.self) { try RestartPolicy(parsing: text) }
        #expect(error?.code == .invalid)
        #expect(error?.message.contains("use no, always, unless-stopped or on-failure") == true)
    }

    @Test("waits double from a tenth of a second to a minute, and begin anew after ten seconds of running")
    func backOff() {
        var schedule = RestartSchedule(.always)
        var waits: [Duration?] = []
        for _ in 0..<12 { waits.append(schedule.pause(after: 0, ran: .zero, isStopped: false)) }
        let doubled = [100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 51200].map { Duration.milliseconds($0) }
        #expect(waits == doubled + [.seconds(60), .seconds(60)])
        #expect(schedule.pause(after: 0, ran: .milliseconds(9999), isStopped: false) == .seconds(60))
        #expect(schedule.pause(after: 0, ran: .seconds(10), isStopped: false) == .milliseconds(100))
        #expect(schedule.pause(after: 0, ran: .zero, isStopped: false) == .milliseconds(200))
        #expect(schedule.restarts == 15)
    }

    @Test("a policy decides by the exit code, the number of restarts, and whether somebody wanted the end")
    func decisions() {
        let cases: [(RestartPolicy, Int32, Int, Bool, Bool)] = [
            (.no, 1, 0, false, false), (.always, 0, 9, false, true), (.always, 1, 0, true, false),
            (.unlessStopped, 0, 5, false, true), (.unlessStopped, 137, 0, true, false),
            (.onFailure(max: 0), 0, 0, false, false), (.onFailure(max: 0), 1, 1000, false, true),
            (.onFailure(max: 2), 1, 1, false, true), (.onFailure(max: 2), 1, 2, false, false),
            (.onFailure(max: 2), 1, 0, true, false),
        ]
        for (policy, code, restarts, isStopped, expected) in cases {
            var schedule = RestartSchedule(policy, restarts: restarts)
            let pause = schedule.pause(after: code, ran: .zero, isStopped: isStopped)
            #expect((pause != nil) == expected, "\(policy) \(code) \(restarts) \(isStopped)")
            #expect(schedule.restarts == restarts + (expected ? 1 : 0))
        }
    }

    @Test("with the daemon starts what is to run always, and what nobody stopped")
    func daemon() {
        let cases: [(RestartPolicy, Int32, Bool, Bool)] = [
            (.no, 1, false, false), (.always, 0, true, true), (.unlessStopped, 0, false, true),
            (.unlessStopped, 0, true, false), (.onFailure(max: 1), 0, false, false),
            (.onFailure(max: 1), 2, false, true),
            (.onFailure(max: 0), 2, true, false),
        ]
        for (policy, code, isStopped, expected) in cases {
            var status = PodStatus(.exited(PodExit(code: code, finished: 1)))
            (status.runs, status.isStopped) = (1, isStopped)
            #expect(RestartSchedule.startsWithDaemon(policy, status) == expected, "\(policy) \(code) \(isStopped)")
            status.runs = 0
            #expect(!RestartSchedule.startsWithDaemon(policy, status), "what never ran is somebody's to start")
        }
        #expect(!RestartSchedule.startsWithDaemon(.always, PodStatus(.running(since: 1))))
    }

    @Test("a status tells starts, ends and restarts as they happen")
    func status() {
        var status = PodStatus()
        var schedule = RestartSchedule(.onFailure(max: 1))
        status.begin(at: 10, outputBase: 3, errorBase: 4)
        #expect(status.state == .running(since: 10) && status.runs == 1)
        #expect((status.outputBase, status.errorBase) == (3, 4))
        let failed = PodExit(code: 1, finished: 20)
        #expect(status.end(failed, &schedule, mayRestart: true) == .milliseconds(100))
        #expect(status.state == .restarting(failed) && status.restarts == 1 && status.finished == 20)
        status.begin(at: 30, outputBase: 0, errorBase: 0)
        #expect(status.end(failed, &schedule, mayRestart: true) == nil)
        #expect(status.state == .exited(failed) && status.runs == 2 && status.restarts == 1)
        status.renew()
        #expect(status.restarts == 0 && !status.isStopped)
    }

    @Test("who wanted the end, or a start that failed, keeps it from starting again")
    func noRestart() {
        for (isStopped, mayRestart) in [(true, true), (false, false)] {
            var status = PodStatus(.running(since: 1))
            var schedule = RestartSchedule(.always)
            status.isStopped = isStopped
            #expect(status.end(PodExit(code: 0, finished: 2), &schedule, mayRestart: mayRestart) == nil)
            #expect(status.state.exit != nil && status.restarts == 0)
        }
    }
}
