import OCI

/// How a place says that it wants to know who asks.
extension Place {
    func needsLogin(_ refused: RefusedAnswer? = nil) -> RegistryFailure {
        if endpoint.isMirror {
            return RegistryFailure(.unauthorized, "\(name) needs a login, and none is sent to mirrors")
        }
        return RegistryFailure(
            .unauthorized,
            "\(name) needs a login\(refused?.words ?? "") (run \"apus login \(registry)\")",
            status: refused?.status
        )
    }

    func refusesLogin(_ refused: RefusedAnswer) -> RegistryFailure {
        RegistryFailure(
            .unauthorized,
            "\(name) refuses the login\(refused.words) (check the name and password: \"apus login \(registry)\")",
            status: refused.status
        )
    }

    func denies(_ refused: RefusedAnswer, _ isPersonal: Bool) -> RegistryFailure {
        let remedy = isPersonal ? "check what this login may do" : "check the name, or run \"apus login \(registry)\""
        return RegistryFailure(
            .unauthorized,
            "\(name) denies access\(refused.words) (\(remedy))",
            status: refused.status
        )
    }
}
