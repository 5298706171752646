import OCI
import Pods

extension JSONValue {
    /// An entry of the list of containers.
    ///
    /// - Parameter size: whether the sizes were asked for; what a container has written is not measured yet.
    static func containerEntry(_ pod: PodSummary, size: Int64?) -> JSONValue {
        let (record, options) = (pod.record, pod.record.spec.refinements)
        var entry: [String: JSONValue] = [
            "Id": .string(record.id),
            "Names": [.string("/\(record.name)")],
            "Image": .string(record.spec.image),
            "ImageID": .string(record.imageID),
            "Command": .string(record.commandLine.joined(separator: " ")),
            "Created": .integer(record.created / 1_000_000_000),
            "Ports": [],
            "Labels": .map(record.spec.labels),
            "State": .string(pod.stateName),
            "Status": .string(pod.statusText),
            "HostConfig": ["NetworkMode": .string(options.network)],
            "NetworkSettings": ["Networks": [:]],
            "Mounts": .array(options.tmpfs.map { .tmpfsMount($0) }),
        ]
        if let size { entry["SizeRootFs"] = .integer(size) }
        return .object(entry)
    }

    /// A tmpfs as `Mounts` tells it.
    static func tmpfsMount(_ folder: PodSpec.Options.Tmpfs) -> JSONValue {
        let isReadOnly = folder.options.split(separator: ",").contains("ro")
        return [
            "Type": "tmpfs", "Source": "", "Destination": .string(folder.path), "Mode": .string(folder.options),
            "RW": .bool(!isReadOnly), "Propagation": "",
        ]
    }
}
