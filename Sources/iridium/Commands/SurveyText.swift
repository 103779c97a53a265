import IridiumJSON
import IridiumNode
import IridiumShell

/// `iridium.views/1` for people.
enum SurveyText {
    /// Names in one cell, and columns of the matrix.
    private static let mostNames = 6
    private static let mostColumns = 16

    /// Whether all that were asked have answered and no entry is wrong.
    static func isWell(_ json: JSON) -> Bool {
        json["wrong"]?.integer == 0 && json["answered"]?.integer == json["observers_asked"]?.integer
    }

    /// A row for each observer: how many it hears, and its entries that are wrong.
    static func observers(_ json: JSON) -> String {
        let rows = (json["observers"]?.elements ?? []).enumerated().map { index, observer in
            let time = observer["took_ms"]?.double
            return [
                observer["member"]?.text ?? "?",
                observer["answered"]?.boolean == true
                    ? "\(observer["hears"]?.integer ?? 0) of \(observer["hears_of"]?.integer ?? 0)"
                    : "-",
                String((observer["view"]?.text ?? "-").prefix(8)),
                index == 0
                    ? "this node"
                    : time.map {
                        DurationText.roundTrip(.microseconds(Int64(max(0, min($0, 1e9)) * 1_000)))
                    } ?? "-",
                Layout.printable(observer["version"]?.text ?? "-", limit: 40),
                note(observer),
            ]
        }
        let head = ["MEMBER", "HEARS", "VIEW", "ANSWERED IN", "VERSION", "WRONG"]
        return (Layout.table([head] + rows, rightAligned: [1, 3]) + [summary(json)])
            .joined(separator: "\n") + "\n"
    }

    private static func note(_ observer: JSON) -> String {
        if let problem = observer["problem"]?.text { return Layout.printable(problem) }
        let wrong = (observer["rows"]?.elements ?? []).filter { $0["wrong"]?.boolean == true }
        let unknown = (observer["unknown"]?.elements ?? []).compactMap(\.text)
        return Layout.list(
            wrong.map { "\($0["name"]?.text ?? "?") \($0["state"]?.text ?? "?")" }
                + unknown.map { "\($0) unknown" }, limit: mostNames)
    }

    private static func summary(_ json: JSON) -> String {
        let answered = json["answered"]?.integer ?? 0
        let asked = json["observers_asked"]?.integer ?? 0
        let wrong = Int(json["wrong"]?.integer ?? 0)
        var text = "\(answered) of \(asked) members answered, this node included. "
        text +=
            wrong == 0
            ? "No entry is wrong." : Layout.count(wrong, "entry is wrong.", "entries are wrong.")
        if let more = json["not_asked"]?.integer, more > 0 {
            text += " \(more) more were not asked."
        }
        return text
    }

    /// Observers by subjects: a round trip where the subject is held for alive, else its state.
    static func matrix(_ json: JSON) -> String {
        let subjects = (json["subjects"]?.elements ?? []).prefix(mostColumns)
        let observers = json["observers"]?.elements ?? []
        let head = ["FROM \\ TO"] + subjects.map { $0["name"]?.text ?? "?" }
        let rows = observers.map { observer -> [String] in
            let entries = observer["rows"]?.elements ?? []
            return [observer["member"]?.text ?? "?"]
                + subjects.map { subject in
                    guard observer["answered"]?.boolean == true else { return "?" }
                    guard observer["id"]?.text != subject["id"]?.text else { return "." }
                    let entry = entries.first { $0["id"]?.text == subject["id"]?.text }
                    return cell(entry)
                }
        }
        var lines = Layout.table([head] + rows, rightAligned: Set(1...mostColumns))
        let all = (json["subjects"]?.elements?.count ?? 0) - subjects.count
        if all > 0 { lines.append("\(all) more columns: --json has them.") }
        lines.append(summary(json))
        return lines.joined(separator: "\n") + "\n"
    }

    private static func cell(_ entry: JSON?) -> String {
        guard let entry, let state = entry["state"]?.text else { return "unknown" }
        let mark = entry["wrong"]?.boolean == true ? "!" : ""
        guard state == "alive" else { return state + mark }
        return (entry["rtt_ms"]?.double).map {
            DurationText.roundTrip(.microseconds(Int64(max(0, min($0, 1e9)) * 1_000))) + mark
        } ?? "alive" + mark
    }
}
