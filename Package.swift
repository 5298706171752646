// swift-tools-version: 6.2
import PackageDescription

/// Settings of every target that runs on the host.
let hostSettings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
    // CLinux needs it, and glibc's headers must look the same to every module that a file imports.
    .unsafeFlags(["-Xcc", "-D_GNU_SOURCE"]),
]

/// Settings of every target that runs as PID 1 inside a microVM.
let guestSettings: [SwiftSetting] = [
    .enableExperimentalFeature("Embedded"),
    .treatAllWarnings(as: .error),
    .unsafeFlags(["-Osize", "-Xfrontend", "-function-sections"], .when(configuration: .release)),
]

let asyncHTTPClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioFoundationCompat = Target.Dependency.product(name: "NIOFoundationCompat", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let system = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

/// A host library and, where it has one, its test target.
func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: hostSettings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: name + "Tests",
        dependencies: [.byName(name: name), "TestSupport"] + dependencies,
        swiftSettings: hostSettings
    )
}

let package = Package(
    name: "apus",
    products: [
        .executable(name: "apus", targets: ["apus"]),
        .executable(name: "apusd", targets: ["apusd"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.30.0"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    ],
    targets: [
        // Ground
        // In sections of their own, so that the guest links only the functions that it calls.
        .target(name: "CLinux", cSettings: [.unsafeFlags(["-ffunction-sections", "-fdata-sections"])]),
        library("Linux", ["CLinux", system]),
        library("AgentProtocol"),

        // Node
        library("Hypervisor", ["AgentProtocol", "Linux", crypto, logging, nioCore, nioPosix, system]),
        library("OCI", ["Linux", crypto, system]),
        library("EROFS", ["Linux", system]),
        library(
            "Registry",
            [
                "Linux", "OCI", asyncHTTPClient, crypto, logging, nioCore, nioFoundationCompat, nioHTTP1, nioPosix,
                nioSSL, subprocess, system, yams,
            ]
        ),
        library("NBD", ["Linux", nioCore, nioPosix, system]),
        library("Images", ["AgentProtocol", "EROFS", "Linux", "NBD", "OCI", "Registry", crypto, subprocess, system]),
        library("Sandboxes", ["AgentProtocol", "Linux", nioCore, nioPosix, system]),
        library(
            "Pool",
            ["AgentProtocol", "EROFS", "Hypervisor", "Linux", "Sandboxes", logging, system]
        ),
        library(
            "Pods",
            [
                "AgentProtocol", "Hypervisor", "Images", "Linux", "NBD", "OCI", "Pool", "Registry", "Sandboxes",
                logging,
                nioCore, nioPosix, system,
            ]
        ),

        library("Daemon", ["Hypervisor", "Linux", "Pods", "Pool", "Sandboxes", logging, system, yams]),

        // Front ends
        library(
            "EngineAPI",
            ["Images", "Linux", "OCI", "Pods", "Registry", hummingbird, logging, nioCore, nioHTTP1, nioPosix, system]
        ),
        library(
            "CommandLine",
            [
                "AgentProtocol", "Daemon", "EngineAPI", "Hypervisor", "Images", "Linux", "Pods", "Sandboxes",
                argumentParser,
                logging, system,
                unixSignals,
            ]
        ),
        .executableTarget(name: "apus", dependencies: ["CommandLine"], swiftSettings: hostSettings),
        .executableTarget(name: "apusd", dependencies: ["CommandLine"], swiftSettings: hostSettings),

        // Tests
        .target(
            name: "TestSupport",
            dependencies: ["Linux", crypto, nioCore, nioHTTP1, nioPosix, nioSSL, subprocess, system],
            swiftSettings: hostSettings
        ),
        tests("Linux", [system]),
        tests("AgentProtocol"),
        tests("Hypervisor", ["AgentProtocol", "Linux", crypto, nioCore, nioPosix, system]),
        tests("OCI", ["Linux"]),
        tests("EROFS", ["Linux", subprocess, system]),
        tests("Registry", ["Linux", "OCI", crypto, logging, nioCore, nioHTTP1, nioPosix, nioSSL, subprocess, system]),
        tests("NBD", ["Linux", nioCore, system]),
        tests("Images", ["AgentProtocol", "EROFS", "Linux", "NBD", "OCI", "Registry", crypto, subprocess, system]),
        tests("Sandboxes", ["AgentProtocol", system]),
        tests("Pool", ["AgentProtocol", "EROFS", "Hypervisor", "Linux", "Sandboxes", logging, system]),
        tests("Pods", ["AgentProtocol", "Hypervisor", "Images", "Linux", "OCI", "Registry", "Sandboxes", system]),
        tests(
            "EngineAPI",
            [
                "Hypervisor", "Images", "Linux", "OCI", "Pods", "Registry", hummingbird, logging, nioCore, nioPosix,
                system,
            ]
        ),
        tests(
            "CommandLine",
            [
                "AgentProtocol", "Hypervisor", "Images", "Linux", "Pods", "Sandboxes", argumentParser, system,
                unixSignals,
            ]
        ),
        .testTarget(
            name: "IntegrationTests",
            dependencies: [
                "AgentProtocol", "Hypervisor", "Images", "Linux", "OCI", "Pods", "Pool", "Registry", "Sandboxes",
                "TestSupport", logging, subprocess, system,
            ],
            swiftSettings: hostSettings
        ),
    ]
)

// A sanitizer's runtime cannot be linked into a static executable, so runs under one leave the guest out.
if Context.environment["NO_GUEST"] == nil {
    package.products.append(.executable(name: "apus-guest", targets: ["Guest"]))
    package.targets += [
        // Sources/AgentProtocolEmbedded is a link to Sources/AgentProtocol: the same files, compiled for the guest.
        .target(name: "AgentProtocolEmbedded", swiftSettings: guestSettings),
        .executableTarget(
            name: "Guest",
            dependencies: ["CLinux", "AgentProtocolEmbedded"],
            swiftSettings: guestSettings,
            linkerSettings: [
                .unsafeFlags([
                    "-static-executable", "-use-ld=lld", "-Xlinker", "--gc-sections", "-Xlinker", "--icf=all",
                ]),
                .unsafeFlags(["-Xlinker", "-s"], .when(configuration: .release)),
            ]
        ),
    ]
}
