import OCI

/// The answer of `GET /version`, in Docker's names.
struct SystemVersion: Encodable {
    struct Platform: Encodable {
        var name = "Apus"

        enum CodingKeys: String, CodingKey { case name = "Name" }
    }

    struct Component: Encodable {
        let name: String
        let version: String
        let details: [String: String]

        enum CodingKeys: String, CodingKey {
            case name = "Name"
            case version = "Version"
            case details = "Details"
        }
    }

    let platform = Platform()
    let components: [Component]
    let version: String
    let apiVersion = APIVersion.newest.description
    let minimumVersion = APIVersion.oldest.description
    let gitCommit = ""
    let goVersion = ""
    let os = OCI.Platform.host.os
    let architecture = OCI.Platform.host.architecture
    let kernel: String
    let buildTime = ""

    enum CodingKeys: String, CodingKey {
        case platform = "Platform"
        case components = "Components"
        case version = "Version"
        case apiVersion = "ApiVersion"
        case minimumVersion = "MinAPIVersion"
        case gitCommit = "GitCommit"
        case goVersion = "GoVersion"
        case os = "Os"
        case architecture = "Arch"
        case kernel = "KernelVersion"
        case buildTime = "BuildTime"
    }

    init(version: String, kernel: String) {
        self.version = version
        self.kernel = kernel
        let details = [
            "ApiVersion": apiVersion, "MinAPIVersion": minimumVersion, "Os": os, "Arch": architecture,
            "KernelVersion": kernel, "Experimental": "false", "GitCommit": "", "GoVersion": "", "BuildTime": "",
        ]
        components = [Component(name: "Engine", version: version, details: details)]
    }
}
