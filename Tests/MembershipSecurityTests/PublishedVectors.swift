/// Test vectors that others have published. They lie beside the checkout, in `../shared/vectors`, or
/// where IRIDIUM_VECTORS says, and are no part of this project.
import Foundation

enum PublishedVectors {
    /// The file's content; nil, and a word about it, where there is none.
    static func load<T: Decodable>(_ name: String, as type: T.Type) throws -> T? {
        guard let folder, let data = FileManager.default.contents(atPath: folder + "/" + name)
        else {
            print("skipped: no published vectors beside the checkout (\(name))")
            return nil
        }
        return try JSONDecoder().decode(type, from: data)
    }

    private static var folder: String? {
        if let folder = ProcessInfo.processInfo.environment["IRIDIUM_VECTORS"] { return folder }
        let checkout = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let folder = checkout.appending(path: "../shared/vectors").standardizedFileURL.path
        return FileManager.default.fileExists(atPath: folder) ? folder : nil
    }
}
