import Foundation

/// A fresh folder with a short path, removed with everything in it when nobody holds it any more.
final class TemporaryFolder: Sendable {
    let path: String

    init() {
        path = "/tmp/ir-" + UUID().uuidString.prefix(8).lowercased()
        try? FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
