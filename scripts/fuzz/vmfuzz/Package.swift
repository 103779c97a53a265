// swift-tools-version: 6.2
import PackageDescription

// A separate package: libFuzzer uses the library like any user.
//
//     swift build -c release --package-path scripts/fuzz/vmfuzz \
//         -Xswiftc -sanitize=fuzzer,address -Xswiftc -use-ld=lld
let package = Package(
    name: "vmfuzz",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "iridium", path: "../../..", traits: [])],
    targets: [
        // The one declaration needed: the driver itself comes with the sanitizer.
        .systemLibrary(name: "CFuzzer"),
        .executableTarget(
            name: "fuzz-image",
            dependencies: ["CFuzzer", .product(name: "IridiumVM", package: "iridium")]),
        .executableTarget(
            name: "fuzz-source",
            dependencies: ["CFuzzer", .product(name: "IridiumVM", package: "iridium")]),
    ]
)
