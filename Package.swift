// swift-tools-version: 6.2
import PackageDescription

/// One set of rules for every module: Swift 6, explicit existentials, imports that stay private,
/// and a warning is an error.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

/// What only the command line needs. A program that imports `Membership` names this package with
/// `traits: []` and never clones it.
let commandLine: TargetDependencyCondition? = .when(traits: ["CommandLine"])

/// What makes `Cluster` a `Service`.
let serviceLifecycle: TargetDependencyCondition? = .when(traits: ["ServiceLifecycle"])

let package = Package(
    name: "iridium",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "Membership", targets: ["Membership"]),
        .library(name: "MembershipTesting", targets: ["MembershipTesting"]),
        .library(name: "IridiumVM", targets: ["IridiumVM", "IridiumAssembler"]),
        .executable(name: "iridium", targets: ["iridium"]),
    ],
    traits: [
        .trait(
            name: "CommandLine",
            description: "The iridium executable and what it parses arguments with."),
        .trait(
            name: "ServiceLifecycle",
            description: "`Cluster` is a `Service` that a `ServiceGroup` can run."),
        .default(enabledTraits: ["CommandLine", "ServiceLifecycle"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics.git", from: "2.13.0"),
        .package(
            url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-system.git", from: "1.8.1"),
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
    ],
    targets: [
        // L0: values and bytes.
        .systemLibrary(
            name: "CSodium", pkgConfig: "libsodium",
            providers: [.apt(["libsodium-dev"]), .brew(["libsodium"]), .yum(["libsodium-devel"])]),
        .systemLibrary(name: "CShims"),
        .target(name: "LibC", swiftSettings: strict),
        .target(name: "MembershipWire", swiftSettings: strict),
        .target(name: "IridiumJSON", swiftSettings: strict),

        // L1: decisions, keys, the machine.
        .target(name: "MembershipCore", dependencies: ["MembershipWire"], swiftSettings: strict),
        .target(
            name: "MembershipSecurity", dependencies: ["MembershipWire", "CSodium"],
            swiftSettings: strict,
            // pkg-config says the same where it is installed; a build must not need it.
            linkerSettings: [.linkedLibrary("sodium")]),
        .target(name: "IridiumVM", dependencies: ["IridiumJSON"], swiftSettings: strict),

        // L2: the library people import, the simulator, the assembler.
        .target(
            name: "Membership",
            dependencies: [
                "MembershipCore", "MembershipSecurity", "MembershipWire", "CShims", "LibC",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(
                    name: "ServiceLifecycle", package: "swift-service-lifecycle",
                    condition: serviceLifecycle),
            ],
            swiftSettings: strict),
        .target(
            name: "MembershipSimulator",
            dependencies: ["IridiumJSON", "MembershipCore", "MembershipSecurity", "MembershipWire"],
            swiftSettings: strict),
        .target(
            name: "IridiumAssembler", dependencies: ["IridiumJSON", "IridiumVM"],
            swiftSettings: strict),

        // L3: clusters for the tests of services.
        .target(
            name: "MembershipTesting",
            dependencies: ["Membership", "MembershipCore", "MembershipWire"], swiftSettings: strict),

        // L3: the REPL as a value.
        .target(
            name: "IridiumShell",
            dependencies: ["IridiumJSON", "IridiumVM", "IridiumAssembler", "MembershipWire"],
            swiftSettings: strict),

        // L4: one node = VM + cluster + sessions + control socket.
        .target(
            name: "IridiumNode",
            dependencies: [
                "Membership", "MembershipSecurity", "MembershipWire", "IridiumShell", "IridiumVM",
                "IridiumAssembler", "IridiumJSON", "CShims", "LibC",
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "SystemPackage", package: "swift-system"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),

        // L5: HTTP for operators.
        .target(
            name: "IridiumAdmin",
            dependencies: [
                "IridiumNode", "IridiumShell", "IridiumJSON", "Membership", "MembershipWire",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio", condition: commandLine),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            resources: [
                .embedInCode("Page/page.html"), .embedInCode("Page/page.css"),
                .embedInCode("Page/page.js"), .embedInCode("Page/views.js"),
                .embedInCode("Page/openapi.json"),
            ],
            swiftSettings: strict),

        // L6: arguments, terminal, exit codes.
        .executableTarget(
            name: "iridium",
            dependencies: [
                "IridiumAdmin", "IridiumNode", "IridiumShell", "IridiumVM", "IridiumAssembler",
                "IridiumJSON", "Membership", "MembershipSimulator", "MembershipWire", "LibC",
                .product(name: "SystemPackage", package: "swift-system"),
                .product(
                    name: "ArgumentParser", package: "swift-argument-parser", condition: commandLine
                ),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),

        .testTarget(
            name: "MembershipWireTests", dependencies: ["MembershipWire"], swiftSettings: strict),
        .testTarget(
            name: "MembershipSecurityTests",
            dependencies: ["MembershipSecurity", "MembershipWire", "CSodium"], swiftSettings: strict
        ),
        .testTarget(
            name: "WireFixtureTests",
            dependencies: ["Membership", "MembershipCore", "MembershipSecurity", "MembershipWire"],
            swiftSettings: strict),
        // Memberlist's rules, for a column beside ours: nothing of it is in the program.
        .target(
            name: "MemberlistRules", dependencies: ["MembershipSimulator", "MembershipCore"],
            path: "Tests/MemberlistRules", swiftSettings: strict),
        // A client that sends any bytes.
        .target(name: "RawClient", path: "Tests/RawClient", swiftSettings: strict),
        // What random tests draw from, so that each prints its seed and can be replayed.
        .target(name: "TestRandom", path: "Tests/TestRandom", swiftSettings: strict),
        // Where bytes of others come in, as functions: libFuzzer and the tests call the same ones.
        .target(
            name: "FuzzTargets",
            dependencies: [
                "MembershipCore", "MembershipSecurity", "MembershipSimulator", "MembershipWire",
                "CSodium",
            ],
            path: "Tests/FuzzTargets", swiftSettings: strict),
        .testTarget(
            name: "FuzzCorpusTests", dependencies: ["FuzzTargets"], exclude: ["corpus"],
            swiftSettings: strict),
        .testTarget(
            name: "MembershipCoreTests",
            dependencies: ["MembershipCore", "MembershipSimulator", "MembershipWire"],
            swiftSettings: strict),
        .testTarget(
            name: "MembershipSimulatorTests",
            dependencies: [
                "MembershipSimulator", "MemberlistRules", "IridiumJSON", "MembershipCore",
                "MembershipWire",
            ],
            exclude: ["Stories", "swarm-fingerprint.txt"],
            resources: [.embedInCode("seeds.txt")], swiftSettings: strict),
        .testTarget(
            name: "MembershipTests",
            dependencies: [
                "Membership", "MembershipCore", "MembershipSecurity", "MembershipSimulator",
                "MembershipWire", "TestRandom",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(
                    name: "ServiceLifecycle", package: "swift-service-lifecycle",
                    condition: serviceLifecycle),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "MembershipTestingTests", dependencies: ["Membership", "MembershipTesting"],
            swiftSettings: strict),
        .testTarget(
            name: "IridiumJSONTests", dependencies: ["IridiumJSON", "TestRandom"],
            swiftSettings: strict),
        .testTarget(
            name: "IridiumVMTests", dependencies: ["IridiumVM", "IridiumAssembler"],
            swiftSettings: strict),
        .testTarget(
            name: "IridiumAssemblerTests", dependencies: ["IridiumVM", "IridiumAssembler"],
            swiftSettings: strict),
        .testTarget(
            name: "IridiumShellTests",
            dependencies: [
                "IridiumShell", "IridiumVM", "IridiumAssembler", "IridiumJSON", "MembershipWire",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "IridiumNodeTests",
            dependencies: [
                "IridiumNode", "IridiumShell", "IridiumVM", "IridiumAssembler", "IridiumJSON",
                "Membership", "MembershipWire", "RawClient", "TestRandom",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "SystemPackage", package: "swift-system"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "IridiumAdminTests",
            dependencies: [
                "IridiumAdmin", "IridiumNode", "IridiumJSON", "Membership", "RawClient",
                "TestRandom", .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "iridiumTests",
            dependencies: [
                "iridium", "IridiumJSON", "IridiumNode", "IridiumShell", "RawClient",
                .product(
                    name: "ArgumentParser", package: "swift-argument-parser", condition: commandLine
                ),
            ],
            swiftSettings: strict),
    ]
)

// The benchmarks use what only this package's own modules see; nobody else builds them.
if Context.environment["IRIDIUM_BENCH"] != nil {
    package.targets += [
        .executableTarget(
            name: "framebench", dependencies: ["MembershipSecurity", "MembershipWire", "CSodium"],
            path: "scripts/bench/framebench", swiftSettings: [.swiftLanguageMode(.v5)]),
        .executableTarget(
            name: "publishbench", dependencies: ["Membership", "MembershipCore", "MembershipWire"],
            path: "scripts/bench/publishbench", swiftSettings: [.swiftLanguageMode(.v5)]),
        .executableTarget(
            name: "clusterbench",
            dependencies: [
                "Membership", .product(name: "NIOPosix", package: "swift-nio"),
            ],
            path: "scripts/bench/clusterbench", swiftSettings: [.swiftLanguageMode(.v5)]),
        .executableTarget(
            name: "barsbench", dependencies: ["LibC", "MemberlistRules", "MembershipSimulator"],
            path: "scripts/bench/barsbench", swiftSettings: strict),
    ]
}

// `scripts/fuzz/run-wire` alone: it needs libFuzzer, which is linked by its own flags.
if Context.environment["IRIDIUM_FUZZ"] != nil {
    package.targets += [
        .systemLibrary(name: "CFuzzer", path: "scripts/fuzz/wire/Sources/CFuzzer"),
        .executableTarget(
            name: "fuzz-wire", dependencies: ["CFuzzer", "FuzzTargets"],
            path: "scripts/fuzz/wire/Sources/fuzz-wire", swiftSettings: strict),
    ]
}
