// swift-tools-version: 6.2
import PackageDescription

// A package of its own: the benchmark depends on the library as any user does, and is no product.
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
