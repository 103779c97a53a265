import Foundation
import Testing

/// Texts that tests are compared with, and that one script writes anew.
enum Golden {
    static let isUpdating =
        ProcessInfo.processInfo.environment["IRIDIUM_UPDATE_STORIES"] != nil

    static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// Records an issue unless a file of the repository holds this text; or writes it there.
    static func compare(_ text: String, with path: String) throws {
        let file = repository.appendingPathComponent(path)
        let kept = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
        guard kept != text else { return }
        if isUpdating { return try text.write(to: file, atomically: true, encoding: .utf8) }
        Issue.record("\(complaint(about: file, told: kept, now: text))")
    }

    /// What differs, as a diff that is read from the first difference on, and what to do about it.
    static func complaint(about file: URL, told: String, now: String) -> String {
        let path = file.path.replacingOccurrences(of: repository.path + "/", with: "")
        return """
            \(path) tells it otherwise (- as it is told, + as it is now):
            \(difference(from: told, to: now))
            If this change is wanted, scripts/update-stories writes the file anew; review it like code.
            """
    }

    private static func difference(from old: String, to new: String) -> String {
        let (old, new) = (lines(of: old), lines(of: new))
        var shown: [String] = []
        var (index, other) = (0, 0)
        let changes = new.difference(from: old)
        let removed = Set(changes.removals.map(\.offset))
        let inserted = Set(changes.insertions.map(\.offset))
        while index < old.count || other < new.count {
            if index < old.count, removed.contains(index) {
                shown.append("- " + old[index])
                index += 1
            } else if other < new.count, inserted.contains(other) {
                shown.append("+ " + new[other])
                other += 1
            } else {
                shown.append("  " + old[index])
                index += 1
                other += 1
            }
        }
        let first = max(0, (shown.firstIndex { !$0.hasPrefix("  ") } ?? 0) - 3)
        let rest = shown.count - first - 40
        return shown[first...].prefix(40).joined(separator: "\n")
            + (rest > 0 ? "\n  ... and \(rest) more lines" : "")
    }

    private static func lines(of text: String) -> [String] {
        text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }
}

extension CollectionDifference.Change {
    fileprivate var offset: Int {
        switch self {
        case .insert(let offset, _, _), .remove(let offset, _, _): offset
        }
    }
}
