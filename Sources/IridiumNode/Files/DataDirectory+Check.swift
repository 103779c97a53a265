package import IridiumShell
import SystemPackage

/// Checks that make nothing.
extension DataDirectory {
    /// The error for a data root that exists and is something else. [IR-51]
    package var notADirectory: IridiumError? {
        guard SystemCall.exists(root), !SystemCall.isDirectory(root) else { return nil }
        return .cannotRead(path: root, reason: "it is not a directory")
    }

    /// The reason why a node could not keep its files here; nil if it could, as far as can be seen.
    /// [IR-18]
    package var unusable: IridiumError? {
        for path in [root, runDirectory] {
            do throws(Errno) {
                let place = Self.nearest(to: path)
                guard SystemCall.isDirectory(place) else { throw .notDirectory }
                try SystemCall.isWritable(place)
            } catch {
                return .cannotWrite(
                    path: path, reason: error.text,
                    purpose: "the node keeps its id and incarnation there")
            }
        }
        return nil
    }

    /// The path itself, or the nearest directory above it that exists.
    private static func nearest(to path: String) -> String {
        var place = path
        while !SystemCall.exists(place) {
            guard let slash = place.lastIndex(of: "/") else { return "." }
            guard slash > place.startIndex else { return "/" }
            place = String(place[..<slash])
        }
        return place
    }
}
