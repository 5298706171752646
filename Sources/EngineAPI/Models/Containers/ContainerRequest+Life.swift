import Linux
import OCI
import Pods

extension ContainerRequest {
    /// Reads how the container begins and ends.
    static func readLife(
        _ fields: RequestFields,
        _ host: RequestFields,
        _ spec: inout PodSpec
    ) throws(PodsError) {
        spec.labels = try fields.map("Labels")
        spec.autoRemove = try host.flag("AutoRemove")
        spec.restart = try RestartPolicy(host.object("RestartPolicy"))
        guard !spec.autoRemove || spec.restart == .no else {
            throw PodsError(.invalid, "can't create 'AutoRemove' container with restart policy")
        }
        if let signal = try fields.text("StopSignal") { spec.stopSignal = try signalNumber(signal) }
        if fields.members["StopTimeout"] ?? .null != .null {
            spec.stopPatience = .seconds(try fields.number("StopTimeout"))
        }
    }

    /// Reads a signal's name or number.
    static func signalNumber(_ text: String) throws(PodsError) -> UInt8 {
        guard let number = SignalName.number(text) else {
            throw PodsError(.invalid, "invalid signal: \(printable(text.utf8, limit: 50))")
        }
        return number
    }
}

extension RestartPolicy {
    /// Reads a policy whose members are apart.
    init(_ fields: RequestFields) throws(PodsError) {
        let name = try fields.text("Name") ?? ""
        let most = try fields.number("MaximumRetryCount")
        guard most == 0 || name == "on-failure" else {
            throw PodsError(
                .invalid,
                "maximum retry count cannot be used with restart policy '\(printable(name.utf8))'"
            )
        }
        try self.init(parsing: most == 0 ? name : "\(name):\(most)")
    }
}
