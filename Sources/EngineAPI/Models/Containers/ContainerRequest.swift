package import OCI
package import Pods

/// What `POST /containers/create` asks for, as a pod.
package struct ContainerRequest: Sendable {
    /// The pod to make.
    package private(set) var spec: PodSpec
    /// What the client is to know of what it does not get.
    package private(set) var warnings: [String]

    /// Reads a request.
    ///
    /// - Parameters:
    ///   - body: the request's body.
    ///   - processors: how many processors the node has.
    /// - Throws: `PodsError` `.invalid` for what makes no sense or cannot be honoured, with the member's name.
    package init(_ body: JSONValue, processors: Int) throws(PodsError) {
        let fields = try RequestFields(body)
        let host = try fields.object("HostConfig")
        guard let image = try fields.text("Image") else {
            throw PodsError(.invalid, "no image was given (set \"Image\")")
        }
        warnings = try RequestField.configuration.check(fields)
        warnings += try RequestField.host.check(host)
        spec = PodSpec(image: image)
        var options = PodSpec.Options()
        try Self.readProcess(fields, &spec, &options)
        try Self.readLife(fields, host, &spec)
        warnings += try spec.readResources(host, &options, processors: processors)
        try options.readConfinement(host)
        warnings += try options.readSurroundings(fields, host)
        spec.options = options == PodSpec.Options() ? nil : options
    }

    private static func readProcess(
        _ fields: RequestFields,
        _ spec: inout PodSpec,
        _ options: inout PodSpec.Options
    ) throws(PodsError) {
        let entrypoint = try fields.list("Entrypoint")
        // What `--entrypoint ""` sends.
        spec.entrypoint = entrypoint == [""] ? [] : entrypoint
        spec.command = try fields.list("Cmd") ?? []
        spec.environment = try fields.list("Env") ?? []
        spec.workingDirectory = try fields.text("WorkingDir")
        spec.user = try fields.text("User")
        spec.hostname = try fields.text("Hostname")
        options.domain = try fields.text("Domainname")
        spec.terminal = try fields.flag("Tty")
        spec.openInput = try fields.flag("OpenStdin")
        let endsInput = try fields.flag("StdinOnce")
        options.keepsInput = spec.openInput && !endsInput
        let streams: [(String, PodSpec.Options.Stream)] = [
            ("AttachStdin", .input), ("AttachStdout", .output), ("AttachStderr", .error),
        ]
        for (name, stream) in streams where try fields.flag(name) { options.attached.append(stream) }
    }
}
