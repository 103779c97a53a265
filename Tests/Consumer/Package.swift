// swift-tools-version: 6.2
import PackageDescription

// A program of somebody who wants membership and nothing else. Without traits, nothing that only the
// command line needs is fetched or built; `scripts/test` looks at what was.
let package = Package(
    name: "consumer",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "iridium", path: "../..", traits: [])
    ],
    targets: [
        .executableTarget(
            name: "consumer",
            dependencies: [.product(name: "Membership", package: "iridium")],
            swiftSettings: [
                .swiftLanguageMode(.v6),
                .enableUpcomingFeature("ExistentialAny"),
                .enableUpcomingFeature("InternalImportsByDefault"),
                .enableUpcomingFeature("MemberImportVisibility"),
                .treatAllWarnings(as: .error),
            ])
    ]
)
