// swift-tools-version: 6.2
import PackageDescription

// A service by HTTP whose members share work, as an application would write it, and its tests.
// `scripts/test` builds both and runs them.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "hummingbird-service",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "iridium", path: "../..", traits: ["ServiceLifecycle"]),
        .package(
            url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.0",
            traits: []),
        .package(
            url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
    ],
    targets: [
        .target(
            name: "WorkSharing",
            dependencies: [
                .product(name: "Membership", package: "iridium"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "HummingbirdService",
            dependencies: [
                "WorkSharing",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Membership", package: "iridium"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "WorkSharingTests",
            dependencies: [
                "WorkSharing",
                .product(name: "Membership", package: "iridium"),
                .product(name: "MembershipTesting", package: "iridium"),
            ],
            swiftSettings: strict),
    ]
)
