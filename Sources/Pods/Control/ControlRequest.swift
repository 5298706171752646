import FoundationEssentials

/// What a client wants of a pod's attendant.
enum ControlRequest: Codable, Equatable, Sendable {
    /// Start the pod's process, if it has not been started.
    ///
    /// With `attach` everything that it writes arrives on this connection, and input on it goes to the process; with
    /// `trace` the phases of the start follow when it has ended.
    case start(attach: Bool, rows: UInt16, columns: UInt16, trace: Bool)
    /// Like `start` with `attach`, for a process that runs already or that somebody else starts.
    case attach
    /// Like `attach` for its output alone: the process's input is not this connection's, and does not end with it.
    case watch
    /// End the pod's process: with a signal, and by force when the milliseconds are over, which are without end if
    /// there are none. `keep` keeps a pod that goes with its process.
    case stop(signal: UInt8, milliseconds: Int64?, keep: Bool)
    /// Stop the process's time, or let it go on.
    case pause(Bool)
    /// Tell the pod's end.
    case wait(WaitCondition)
    /// Let go of the pod if its process does not run.
    case leave
    /// Start a further process and attach to it.
    case execute(ExecSpec, rows: UInt16, columns: UInt16)
    /// Send a signal to the pod's process.
    case signal(UInt8)
    /// The changes of the pod's container, as an archive on standard output.
    case archive(pause: Bool)
    /// Everything that the log holds and will hold, until the process ends.
    case followLog(skip: Int)
    /// Tell the terminal of the pod's process its size.
    case resize(rows: UInt16, columns: UInt16)
    /// What the pod uses.
    case usage
    /// What runs in the pod's container.
    case processes
    /// A file of the pod's container, up to so many bytes.
    case readFile(path: String, limit: UInt64?)
    /// Make or replace a file of the pod's container with the input that follows.
    case writeFile(path: String, mode: UInt32)
}

/// Which end of a pod somebody waits for.
package enum WaitCondition: String, Codable, Sendable {
    /// That it does not run; one that has ended already, or never ran, has come to this.
    case notRunning = "not-running"
    /// The next end of its process, be it that it starts again.
    case nextExit = "next-exit"
    /// That the pod is removed.
    case removed
}

/// Why a request cannot be done, as it travels.
struct ControlFailure: Codable, Sendable {
    enum Kind: String, Codable, Sendable {
        case notFound, conflict, invalid, commandNotFound, commandNotExecutable, node, leaving
    }

    let kind: Kind
    let message: String

    init(_ error: any Error) {
        let known = error as? PodsError
        kind = known.map { Self.kind(of: $0.code) } ?? .node
        message = known?.message ?? "\(error)"
    }

    var error: PodsError {
        let code: PodsError.Code =
            switch kind {
            case .notFound: .notFound
            case .conflict: .conflict
            case .invalid: .invalid
            case .commandNotFound: .commandNotFound
            case .commandNotExecutable: .commandNotExecutable
            case .node: .node
            case .leaving: .leaving
            }
        return PodsError(code, message)
    }

    private static func kind(of code: PodsError.Code) -> Kind {
        switch code {
        case .notFound: .notFound
        case .conflict: .conflict
        case .invalid: .invalid
        case .commandNotFound: .commandNotFound
        case .commandNotExecutable: .commandNotExecutable
        case .node: .node
        case .leaving: .leaving
        }
    }
}

/// JSON for what travels and what is kept.
enum JSON {
    static func encode(_ value: some Encodable) throws -> [UInt8] { Array(try JSONEncoder().encode(value)) }

    static func decode<Value: Decodable>(_ type: Value.Type, _ bytes: [UInt8]) throws -> Value {
        try JSONDecoder().decode(type, from: Data(bytes))
    }
}
