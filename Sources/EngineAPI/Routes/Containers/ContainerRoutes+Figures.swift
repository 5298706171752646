import Hummingbird
import NIOCore
import OCI
import Pods

/// Routes that tell what a container uses and what runs in it.
extension ContainerRoutes {
    /// How long it is between two answers, as with Docker.
    private static let interval: Duration = .seconds(1)

    func addFigures(to containers: RouterGroup<EngineContext>) {
        containers.get("{id}/stats") { request, context in try await statistics(request, context) }
        containers.get("{id}/top") { request, context in try await processes(request, context) }
    }

    // MARK: Statistics

    private func statistics(_ request: Request, _ context: EngineContext) async throws -> Response {
        let query = request.query
        let pod = try await pod(context)
        guard query.flag("stream", default: true) else {
            return .json(try await single(pod, once: query.flag("one-shot")))
        }
        return .stream(.json) { sink in
            var before: PodUsage?
            // It ends with its client, or with the container.
            while (try? await pods.find(pod.record.id)) != nil {
                let usage = try await usage(of: pod.record.id)
                var line = try JSONLine.encode(Self.answer(pod.record, usage, before))
                line.writeInteger(UInt8(ascii: "\n"))
                try await sink.write(line)
                before = usage
                try await Task.sleep(for: Self.interval)
            }
        }
    }

    /// One answer that tells the load: the use now, and a moment ago unless nobody wants to wait for that.
    private func single(_ pod: PodSummary, once: Bool) async throws -> JSONValue {
        let first = try await usage(of: pod.record.id)
        guard !once, first != nil else { return Self.answer(pod.record, first, nil) }
        try await Task.sleep(for: Self.interval)
        return Self.answer(pod.record, try await usage(of: pod.record.id), first)
    }

    private static func answer(_ record: PodRecord, _ usage: PodUsage?, _ before: PodUsage?) -> JSONValue {
        .statistics(record, usage, before: before, processors: NodeProcessors.count)
    }

    /// What a container uses; nothing when it does not run.
    private func usage(of id: String) async throws -> PodUsage? {
        do {
            return try await pods.usage(id)
        } catch let error as PodsError where error.code == .conflict || error.code == .leaving {
            return nil
        }
    }

    // MARK: Processes

    private func processes(_ request: Request, _ context: EngineContext) async throws -> Response {
        let arguments = request.query["ps_args"] ?? ""
        guard ["", "-ef", "ef"].contains(arguments) else {
            throw EngineError(
                .badRequest,
                "ps_args \"\(printable(arguments.utf8, limit: 50))\" are not supported (leave them out)"
            )
        }
        let pod = try await pod(context)
        guard pod.state.isRunning else {
            throw EngineError(.conflict, "container \(pod.record.id) is not running")
        }
        let rows = try await pods.processes(pod.record.id).map { JSONValue.list($0.row) }
        return .json(["Titles": .list(PodProcess.titles), "Processes": .array(rows)] as JSONValue)
    }
}

extension PodProcess {
    /// What `ps -ef` calls its columns.
    static let titles = ["UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"]

    /// Its line.
    var row: [String] {
        let time = Int(processorSeconds)
        let clock = [time / 3600, time / 60 % 60, time % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":")
        return [
            "\(user)", "\(id)", "\(parent)", "0", String(EngineTime.text(started).dropFirst(11).prefix(5)), "?", clock,
            command,
        ]
    }
}
