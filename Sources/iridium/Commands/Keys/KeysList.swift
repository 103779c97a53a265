import ArgumentParser
import IridiumJSON
import IridiumNode
import IridiumShell

/// `iridium keys list`.
struct KeysList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the cluster keys of a node, and the members that have the same keys.")

    @OptionGroup var client: ClientOptions

    func run() throws {
        let (line, json) = try client.ask(.keys)
        try StandardOutput.write(client.output.json ? line + "\n" : Self.text(json))
    }

    /// One row a key, then the place of the keys and the members that agree.
    static func text(_ json: JSON) -> String {
        let word = { (key: String) in json[key]?.text ?? "-" }
        let version = json["version"]?.integer ?? 0
        var rows = [["KEY", "ROLE", "NOTES"]]
        for key in json["keys"]?.elements ?? [] {
            let role = key["role"]?.text ?? "-"
            let note: String =
                switch role {
                case "seals": "frames are sealed with it"
                case "accepted": "frames are opened with it"
                default:
                    "fetches the new key for members that were away, until \(key["until"]?.text ?? "-")"
                }
            rows.append([key["key"]?.text ?? "-", role, note])
        }
        let history =
            version == 0
            ? "never rotated" : "version \(version), \(stageText(word("stage")))"
        var text = Layout.table(rows).joined(separator: "\n") + "\n"
        text += "Keyring \(word("hash")) of cluster \(Layout.quoted(word("cluster"))): "
        text += history + ".\n"
        text +=
            json["file"]?.text.map { "Kept in \(Layout.printable($0)).\n" }
            ?? "Held in memory only: give the key that seals to the next start.\n"
        return text + agreement(json) + "\n"
    }

    private static func stageText(_ stage: String) -> String {
        switch stage {
        case "installed": "a rotation is unfinished: the new key is installed"
        case "switched": "a rotation is unfinished: the new key seals, the old one is not retired"
        default: "settled"
        }
    }

    private static func agreement(_ json: JSON) -> String {
        let members = json["members"]?.elements ?? []
        let own = json["hash"]?.text
        let others = members.filter { $0["hash"]?.text != own }
        guard !others.isEmpty else {
            switch members.count {
            case 1: return "This node is alone."
            case 2: return "Both members show this keyring."
            default: return "All \(members.count) members show this keyring."
            }
        }
        let named = others.map { member in
            let name = member["name"]?.text ?? "-"
            return member["hash"]?.text.map { "\(name) shows \($0)" } ?? "\(name) not heard yet"
        }
        return "\(members.count - others.count) of \(members.count) members show this keyring; "
            + Layout.list(named) + "."
    }
}
