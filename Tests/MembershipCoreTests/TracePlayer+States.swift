import MembershipSimulator
import MembershipWire

@testable import MembershipCore

/// States that members publish, as the traces write them.
extension TracePlayer {
    /// `of k=1`, `from 2 changes k=1 l- of k=1`, `news of k=1`: what is carried, and the whole map behind it.
    func state(_ record: String, _ version: UInt64, _ words: [String], isForged: Bool) -> Item? {
        guard let player = players[record], let place = words.firstIndex(of: "of") else {
            return nil
        }
        let entries = Self.entries(words[(place + 1)...])
        let process = player.core.firstBoot ?? player.boot
        let root = player.authenticator.root(of: StateStatement.rootText(of: entries))
        var statement = StateStatement(
            member: player.id, process: process, version: version, root: root,
            signature: player.full().signature, since: version, changes: [])
        if !isForged { statement.signature = player.authenticator.sign(statement.text) }
        if words[0] == "from" {
            statement.since = UInt64(words[1]) ?? 0
            statement.changes = Self.entries(words[3..<place])
        } else if words[0] == "of" {
            statement.since = 0
            statement.changes = entries
        }
        return .state(statement)
    }

    /// `k=1 l-`: k has this value, l was removed. `k=*400` has 400 bytes.
    static func entries(_ words: some Sequence<String>) -> [StateEntry] {
        words.compactMap { word -> StateEntry? in
            let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else {
                return StateKey(String(word.dropLast())).map { StateEntry(key: $0, value: nil) }
            }
            let value =
                parts[1].hasPrefix("*")
                ? Array(repeating: UInt8(ascii: "x"), count: Int(parts[1].dropFirst()) ?? 0)
                : Array(parts[1].utf8)
            return StateKey(parts[0]).map { StateEntry(key: $0, value: value) }
        }
        .sorted { $0.key < $1.key }
    }

    func text(of statement: StateStatement) -> String {
        let record =
            players.first { name, player in
                player.id == statement.member && player.boot == statement.process
                    && TraceMembers.twins[name] == nil && (name == "own" || !name.hasPrefix("own"))
            }?.key ?? "?"
        // Records with one boot differ in nothing that a state names.
        let process = record.hasSuffix("+boot") ? record : TraceMembers.member(record)
        let what =
            switch statement.since {
            case 0: "of \(Self.text(of: statement.changes))"
            case statement.version: "news"
            default: "from \(statement.since) changes \(Self.text(of: statement.changes))"
            }
        return "state \(process) \(statement.version) \(what)"
    }

    static func text(of entries: [StateEntry]) -> String {
        entries.isEmpty
            ? "nothing"
            : entries.map { entry in
                guard let value = entry.value else { return "\(entry.key)-" }
                let text =
                    value.count > 20 ? "*\(value.count)" : String(decoding: value, as: UTF8.self)
                return "\(entry.key)=\(text)"
            }
            .joined(separator: " ")
    }
}
