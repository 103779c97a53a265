import Foundation
import MembershipSimulator
import MembershipWire
import Testing

@testable import MembershipCore

/// Statements and names, as the traces write them.
extension TracePlayer {
    /// The record of this boot, or one of its records that the node may hold.
    func name(of boot: BootID) -> String? {
        let all = players.filter { $0.value.boot == boot }.keys.sorted()
        let held = node.view.table.id(of: boot).flatMap { node.view.table[$0]?.record.core }
        return all.first { players[$0]?.core == held } ?? all.first
    }

    func name(of id: NodeID) -> String? {
        players.first { $0.value.id == id && TraceMembers.twins[$0.key] == nil }
            .map { TraceMembers.member($0.key) }
    }

    private func record(of id: NodeID, _ prefix: UInt64) -> String {
        players.first { $0.value.id == id && $0.value.coreHash.prefix == prefix }?.key
            ?? name(of: id) ?? "?"
    }

    func text(of item: Item) -> String {
        switch item {
        case .full(let statement):
            let id = own.authenticator.nodeID(of: statement.core.identityKey)
            let record = players.first { $0.value.core == statement.core }?.key
            if statement.standing == .left {
                return "left \(name(of: id) ?? "?") \(statement.incarnation.number)"
            }
            return "full \(record ?? name(of: id) ?? "?") \(statement.incarnation.number)"
        case .heard(let origin, let sequence):
            return "heard \(name(of: origin) ?? "?") \(sequence >> 32) \(sequence & 0xFFFF_FFFF)"
        case .refresh(let statement):
            let kind = statement.standing == .left ? "left" : "refresh"
            let record = record(of: statement.member, statement.corePrefix)
            return kind == "left"
                ? "left \(name(of: statement.member) ?? "?") \(statement.incarnation.number)"
                : "refresh \(record) \(statement.incarnation.number)"
        case .suspect(let statement):
            let record = record(of: statement.target, statement.corePrefix)
            return "suspect \(record) \(statement.incarnation.number)"
                + " by \(name(of: statement.accuser) ?? "?")"
        case .dead(let statement):
            let accusers = statement.accusations.compactMap { name(of: $0.accuser) }.sorted()
            let by = accusers.isEmpty ? "" : " by \(accusers.joined(separator: " "))"
            let record = record(of: statement.target, statement.corePrefix)
            return "dead \(record) \(statement.incarnation.number)\(by)"
        case .state(let statement): return text(of: statement)
        case .gone(let statement):
            let record = record(of: statement.target, statement.corePrefix)
            return "gone \(record) \(statement.incarnation.number)"
                + " by \(name(of: statement.accuser) ?? "?")"
        case .degraded(let statement):
            return "degraded \(name(of: statement.member) ?? "?") \(statement.incarnation.number)"
                + " \(statement.counter)"
        case .user(let statement):
            return "user \(name(of: statement.origin) ?? "?") \(statement.sequence >> 32)"
                + " \(statement.sequence & 0xFFFF_FFFF) \(statement.timeToLive)"
        default: return "\(item)"
        }
    }

    /// `suspect t 1 by a`, `dead t 1 by a b forged`, `full t 2`, `refresh t 2`, `left t 1`,
    /// `degraded t 1 3`, `user t 1 100 16`.
    func item(_ text: String) -> Item? {
        var words = text.split(separator: " ").map(String.init)
        let isForged = words.last == "forged"
        if isForged { words.removeLast() }
        guard words.count > 2, let player = players[words[1]], let number = UInt64(words[2]) else {
            Issue.record("not a statement: \(text)")
            return nil
        }
        // The signature of another incarnation.
        let signed = isForged ? number + 1 : number
        let accusers = words.dropFirst(4).compactMap { players[$0] }
        switch words[0] {
        case "full":
            var statement = player.full(number)
            statement.signature = player.full(signed).signature
            return .full(statement)
        case "fullLeft": return .full(player.full(number, .left))
        case "heard":
            return .heard(origin: player.id, sequence: number << 32 | (UInt64(words[3]) ?? 0))
        case "refresh", "left":
            let standing: Standing = words[0] == "left" ? .left : .alive
            var statement = player.refresh(number, standing)
            statement.signature = player.full(signed, standing).signature
            return .refresh(statement)
        case "suspect":
            guard let accuser = accusers.first else { return nil }
            var statement = accuser.suspects(player, number)
            statement.signature = accuser.accusation(of: player, signed).signature
            return .suspect(statement)
        case "state":
            return state(words[1], number, Array(words.dropFirst(3)), isForged: isForged)
        case "gone":
            guard let accuser = accusers.first else { return nil }
            let text = SignedText.gone(
                target: player.id, player.coreHash, Incarnation(signed) ?? .first,
                accuser: accuser.id)
            return .gone(
                GoneStatement(
                    target: player.id, corePrefix: player.coreHash.prefix,
                    incarnation: Incarnation(number) ?? .first, accuser: accuser.id,
                    signature: accuser.authenticator.sign(text)))
        case "dead":
            var statement = player.dead(number, by: accusers)
            statement.accusations = accusers.map { $0.accusation(of: player, signed) }
                .sorted { $0.accuser < $1.accuser }
            return .dead(statement)
        case "degraded":
            let incarnation = Incarnation(number) ?? .first
            let counter = UInt32(words[3]) ?? 0
            let text = SignedText.degraded(
                member: player.id, Incarnation(signed) ?? .first, counter: counter)
            return .degraded(
                DegradedStatement(
                    member: player.id, incarnation: incarnation, counter: counter,
                    signature: player.authenticator.sign(text)))
        case "user": return user(player, number, words, isForged: isForged)
        default:
            Issue.record("not a statement: \(text)")
            return nil
        }
    }

    private func user(
        _ player: Player, _ incarnation: UInt64, _ words: [String], isForged: Bool
    ) -> Item {
        let sequence = incarnation << 32 | (UInt64(words[3]) ?? 0)
        let payload = Array("\(incarnation)/\(words[3])".utf8)
        let text = SignedText.user(
            origin: player.id, sequence: isForged ? 0 : sequence, applicationType: 1,
            payload: payload)
        return .user(
            UserStatement(
                origin: player.id, sequence: sequence, timeToLive: UInt8(words[4]) ?? 0,
                applicationType: 1, payload: payload, signature: player.authenticator.sign(text)))
    }
}
