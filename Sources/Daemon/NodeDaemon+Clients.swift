import Linux
import Logging
import Pods
import Pool

/// What clients ask of the daemon.
extension NodeDaemon {
    /// Serves one client; its failure is its own.
    func serve(_ client: DaemonConnection) async {
        do {
            guard let (request, descriptors) = try await client.receive(DaemonRequest.self) else { return }
            try await answer(request, descriptors, client)
        } catch is CancellationError {
            return
        } catch {
            logger.warning("cannot serve a client", metadata: ["error": "\(error)"])
        }
    }

    private func answer(_ request: DaemonRequest, _ descriptors: [Int32], _ client: DaemonConnection) async throws {
        switch request {
        case .attend(let pod, let environment, let alone):
            guard descriptors.count == 2 else {
                for number in descriptors { _ = OwnedFD(taking: number) }
                return try client.send(DaemonReply.failed("a pod comes with its socket and its lock"))
            }
            let socket = OwnedFD(taking: descriptors[0])
            let lock = FileLock(inherited: descriptors[1])
            await attend(pod, environment, alone, socket, lock, client)
        case .pool:
            let report = PoolReport(await pool.metrics, isReady: await pool.isFilled)
            try client.send(DaemonReply.pool(report))
        }
    }

    private func attend(
        _ pod: String,
        _ environment: [String],
        _ alone: Bool,
        _ socket: consuming OwnedFD,
        _ lock: consuming FileLock,
        _ client: DaemonConnection
    ) async {
        var logger = logger
        logger[metadataKey: "pod.id"] = "\(pod.prefix(12))"
        do {
            let attendant = try Attendant(
                podID: pod,
                alone: alone,
                node: node,
                registries: registries(Self.variables(environment)),
                pool: pool,
                identities: identities,
                events: events,
                logger: logger
            )
            try client.send(DaemonReply.attended)
            try await attendant.run(socket: socket, holding: lock)
        } catch {
            logger.error("cannot attend a pod", metadata: ["error": "\(error)"])
            try? client.send(DaemonReply.failed("\(error)"))
        }
    }

    private static func variables(_ settings: [String]) -> [String: String] {
        let pairs = settings.compactMap { setting in
            setting.firstIndex(of: "=").map {
                (String(setting[..<$0]), String(setting[setting.index(after: $0)...]))
            }
        }
        return Dictionary(pairs, uniquingKeysWith: { $1 })
    }
}
