// swift-tools-version: 6.2
import PackageDescription

// A service as an application would write it, and the code of the library's articles. `scripts/test`
// builds both and runs the service.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
    name: "example-service",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "iridium", path: "../..", traits: ["ServiceLifecycle"]),
        .package(
            url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
    ],
    targets: [
        .executableTarget(
            name: "ExampleService",
            dependencies: [.product(name: "Membership", package: "iridium")],
            swiftSettings: strict + [.treatAllWarnings(as: .error)]),
        .target(
            name: "DocumentedCode",
            dependencies: [
                .product(name: "Membership", package: "iridium"),
                .product(name: "MembershipTesting", package: "iridium"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
    ]
)
