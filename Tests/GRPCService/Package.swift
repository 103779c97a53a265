// swift-tools-version: 6.2
import PackageDescription

// A name resolver for gRPC that follows the living members, its tests, and a program whose client calls
// three of them. `scripts/test` builds all of it and runs it.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "grpc-service",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "iridium", path: "../..", traits: []),
        .package(url: "https://github.com/grpc/grpc-swift-2.git", from: "2.4.0"),
        .package(url: "https://github.com/grpc/grpc-swift-nio-transport.git", from: "2.9.0"),
    ],
    targets: [
        .target(
            name: "MemberResolver",
            dependencies: [
                .product(name: "Membership", package: "iridium"),
                .product(name: "GRPCCore", package: "grpc-swift-2"),
                .product(name: "GRPCNIOTransportHTTP2Posix", package: "grpc-swift-nio-transport"),
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "GRPCService",
            dependencies: [
                "MemberResolver",
                .product(name: "Membership", package: "iridium"),
                .product(name: "GRPCCore", package: "grpc-swift-2"),
                .product(name: "GRPCNIOTransportHTTP2Posix", package: "grpc-swift-nio-transport"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "MemberResolverTests",
            dependencies: [
                "MemberResolver",
                .product(name: "Membership", package: "iridium"),
                .product(name: "MembershipTesting", package: "iridium"),
                .product(name: "GRPCCore", package: "grpc-swift-2"),
                .product(name: "GRPCNIOTransportHTTP2Posix", package: "grpc-swift-nio-transport"),
            ],
            swiftSettings: strict),
    ]
)
