import NIOCore
import Pods

/// The run of a further process, with or without a client.
struct ExecRun: Sendable {
    let instance: ExecInstance
    let services: EngineServices

    private var execs: ExecRegistry { services.execs }

    /// Runs the process with a client, until it has ended or the client has gone; it goes on without one.
    func attached(to client: Hijacked) async throws {
        try await execs.perform {
            do {
                try await run(client) {}
            } catch {
                // There is no status any more: as with Docker, the reason goes where the output would.
                let text = EngineError(error).message + "\r\n"
                let encoder = OutputEncoder(isRaw: instance.spec.terminal)
                if let bytes = encoder.encode(.error, Array(text.utf8)) { try? await client.write(bytes) }
            }
        }
    }

    /// Starts the process and returns when it runs.
    func detached() async throws {
        let (started, start) = AsyncThrowingStream.makeStream(of: Never.self)
        try execs.enqueue {
            do {
                try await run(nil) { start.finish() }
                start.finish()
            } catch {
                start.finish(throwing: error)
            }
        }
        for try await _ in started {}
    }

    /// - Parameter started: is called when the process runs.
    private func run(_ client: Hijacked?, _ started: @Sendable () -> Void) async throws {
        do {
            let size = instance.size.map { ($0.rows, $0.columns) } ?? (24, 80)
            let code = try await services.pods.execute(instance.container, instance.spec, terminal: size) { session in
                try await follow(session, client, started)
            }
            await execs.end(instance.id, code: code ?? 255)
        } catch {
            let known = (error as? PodsError)?.shellCode
            await execs.end(instance.id, code: known ?? 126)
            throw (error as? PodsError)?.inDockersWords ?? error
        }
    }

    private func follow(
        _ session: PodSession,
        _ client: Hijacked?,
        _ started: @Sendable () -> Void
    ) async throws -> Int32? {
        try await withThrowingTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            if let client, instance.spec.openInput { group.addTask { await input(client, session) } }
            var code: Int32?
            var isThere = client != nil
            let encoder = OutputEncoder(isRaw: instance.spec.terminal)
            for try await event in session.events {
                switch event {
                case .started:
                    if let size = await execs.begin(instance.id, session) {
                        try await session.resize(rows: size.rows, columns: size.columns)
                    }
                    started()
                case .ended(let exit): code = exit.code
                case .output, .error, .trace:
                    guard isThere, let client, let bytes = encoder.encode(event) else { continue }
                    do { try await client.write(bytes) } catch { isThere = false }
                }
            }
            return code
        }
    }

    private func input(_ client: Hijacked, _ session: PodSession) async {
        do {
            for try await bytes in client.input { try await session.write(Array(bytes.readableBytesView)) }
            try Task.checkCancellation()
            try await session.finishInput()
        } catch {
            // Either the process has ended, which its exit tells, or its client is gone, which its output will find.
            return
        }
    }
}
