// swift-tools-version: 6.2
import PackageDescription

// A separate package: the benchmark depends on the library like any user, and is not a product.
let package = Package(
    name: "vmbench",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "iridium", path: "../../..", traits: [])],
    targets: [
        .executableTarget(
            name: "vmbench",
            dependencies: [.product(name: "IridiumVM", package: "iridium")])
    ]
)
