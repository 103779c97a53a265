import Foundation
import MembershipSimulator
import MembershipWire
import Testing

@testable import MembershipCore

/// The conversations of `Specs/traces/conversations`: the order of messages on one stream, from either side.
/// `scripts/check-traces` plays them with a member that is written from Specs/Wire.md alone.
@Suite struct ConversationTraceTests {
    @Test func `the node says what each conversation has, step by step`() throws {
        let file = try ConversationFile()
        for trace in file.traces {
            var talk = try Talk(trace, file)
            for step in trace.steps {
                #expect(talk.take(step.input) == step.effects, "\(trace.id), \(step.input)")
            }
        }
    }
}

struct ConversationFile: Decodable {
    let nids: [String: String]
    /// Members that state another name than their letter.
    let names: [String: String]
    let traces: [Trace]

    struct Trace: Decodable {
        let id: String
        let members: [String]
        let steps: [Step]
    }

    struct Step: Decodable {
        let input: String
        let effects: [String]

        init(from decoder: any Decoder) throws {
            var pair = try decoder.unkeyedContainer()
            input = try pair.decode(String.self)
            effects = try pair.decode([String].self)
        }
    }

    init() throws {
        let url = URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Specs/traces/conversations/streams.json")
        self = try JSONDecoder().decode(ConversationFile.self, from: Data(contentsOf: url))
    }
}

/// A node with one stream.
private struct Talk {
    private var table: Tabletop
    private let players: [String: Player]
    /// Streams of others have odd numbers.
    private var stream = StreamID(1)

    init(_ trace: ConversationFile.Trace, _ file: ConversationFile) throws {
        table = try Tabletop()
        let numbers: [String: UInt8] = [
            "a": 11, "b": 12, "c": 13, "d": 14, "e": 15, "x": 51, "y": 52,
        ]
        var players = ["own": table.own]
        for (name, number) in numbers {
            players[name] = try Player(file.names[name] ?? name, number: number)
        }
        for (name, nid) in file.nids {
            #expect(players[name]?.id.value == UInt64(nid, radix: 16))
        }
        self.players = players
        let members = trace.members.map { $0.components(separatedBy: " ") }
        let buried = members.filter { $0.count > 2 }
        _ = table.node.handle(.remember(items(buried)), at: table.now)
        for member in members where member.count == 2 {
            table.introduce(try #require(players[member[0]]))
        }
    }

    private func player(_ name: String) -> Player {
        guard let player = players[name] else {
            Issue.record("no member \(name)")
            return table.own
        }
        return player
    }

    /// Records, each perhaps with a DEAD behind it.
    private func items(_ records: [[String]]) -> [Item] {
        records.flatMap { record -> [Item] in
            let (player, number) = (player(record[0]), UInt64(record[1]) ?? 0)
            let state = record.count > 2 ? record[2] : ""
            let full = Item.full(player.full(number, state == "left" ? .left : .alive))
            return state == "dead" ? [full, .dead(player.dead(number, by: []))] : [full]
        }
    }

    // MARK: Inputs

    mutating func take(_ input: String) -> [String] {
        let words = input.components(separatedBy: " ")
        let rest = words.dropFirst().joined(separator: " ")
        switch words[0] {
        case "open": return open(words[1], words[2])
        case "hello": return hello(words)
        case "join", "helloAck": return handshake(words)
        case "peers", "delta": return records(words[0], rest)
        case "buckets":
            let own = ViewBuckets(of: table.node.view.table, count: 64).hashes
            return receive(.syncBuckets(words[1] == "own" ? own : Array(repeating: 0, count: 64)))
        case "ids": return receive(.syncIDs(rows(rest)))
        case "want":
            return receive(.syncWant(rest.components(separatedBy: ", ").map { player($0).id }))
        case "keys": return handle(.receivedKeys)
        case "stored": return handle(.tookKeys(outcome(rest)))
        default:
            return receive(.end(StreamEndCode(rawValue: UInt16(words[1]) ?? 0) ?? .done))
        }
    }

    private mutating func open(_ purpose: String, _ name: String) -> [String] {
        let player = player(name)
        switch purpose {
        case "join":
            return texts(
                table.node.handle(.join(player.identity.endpoint, attempt: 1), at: table.now))
        case "keys":
            return texts(
                table.node.handle(.keys(.give(to: player.id, attempt: 1)), at: table.now))
        default:
            // It shows another view for so long that the node compares.
            let other = ViewDigest(members: 1, hash: 1, keyringHash: 0)
            table.receive(Datagram(.heartbeat(isIntroduction: false), [.view(other)]), from: player)
            let others = players.values.filter { $0.id != player.id }
            return texts(table.wait(.milliseconds(1_050), answering: others))
        }
    }

    private mutating func hello(_ words: [String]) -> [String] {
        let purposes: [String: StreamMessage.Purpose] = [
            "join": .join, "sync": .sync, "keys": .keys, "under": .join,
        ]
        let bounds = (words.last ?? "").components(separatedBy: "-").compactMap { UInt8($0) }
        let versions = bounds.count == 2 ? bounds[0]...bounds[1] : ProtocolVersion.supported
        let hello = StreamMessage.Hello(
            purpose: purposes[words[1]] ?? .join, protocolVersions: versions,
            caller: player("a").id)
        return handle(
            words[1] == "under"
                ? .calledUnderRetiredKey(hello) : .received(.hello(hello), remoteBoot: nil))
    }

    private mutating func handshake(_ words: [String]) -> [String] {
        let player = player(words[1])
        let record = player.full(UInt64(words[2]) ?? 0)
        let boot = words.count > 3 ? self.player(words[4]) : player
        let message: StreamMessage =
            words[0] == "join" ? .join(record) : .helloAck(record, table.node.viewDigest)
        return handle(.received(message, remoteBoot: boot.identity.bootKey))
    }

    private mutating func records(_ kind: String, _ text: String) -> [String] {
        let items = items(
            text.components(separatedBy: ", ").map { $0.components(separatedBy: " ") })
        return receive(
            kind == "delta"
                ? .syncDelta(items)
                : .peers(.init(total: UInt32(items.count), index: 0, items: items)))
    }

    private func rows(_ text: String) -> [StreamMessage.SyncRow] {
        let members = table.node.view.table
        return text.isEmpty
            ? []
            : text.components(separatedBy: ", ").map { row in
                let words = row.components(separatedBy: " ")
                let id = player(words[0]).id
                let share = members.index(of: id).map { members.share(at: $0) } ?? 0
                return .init(member: id, recordHash: words[1] == "same" ? share : share ^ 5)
            }
    }

    private func outcome(_ text: String) -> KeysOutcome {
        switch text {
        case "same": .same(inMemoryOnly: false)
        case "same in memory": .same(inMemoryOnly: true)
        case "older": .older(inMemoryOnly: false)
        case "cannot keep": .cannotKeep
        default: .refused
        }
    }

    private mutating func receive(_ message: StreamMessage) -> [String] {
        handle(.received(message, remoteBoot: player("a").identity.bootKey))
    }

    private mutating func handle(_ input: StreamInput) -> [String] {
        texts(table.node.handle(.stream(stream, input), at: table.now))
    }

    // MARK: Effects

    private mutating func texts(_ effects: [Effect]) -> [String] {
        effects.compactMap { effect in
            switch effect {
            case .openStream(let id, let endpoint, let hello, _):
                stream = id
                let name = players.first { $0.value.identity.endpoint == endpoint }?.key
                return "hello \(hello.purpose) to \(name ?? "?")"
            case .writeStream(_, let message): return text(of: message)
            case .closeStream: return "close"
            case .sendKeys: return "keys"
            case .takeKeys: return "take keys"
            case .answerRetiredKey(_, let caller):
                return "answer under a retired key: \(name(of: caller))"
            case .notify(let notice): return text(of: notice)
            case .send, .knock: return nil
            }
        }
    }

    private func text(of notice: Notice) -> String? {
        switch notice {
        case .changed(let change):
            return change.kind == .joined ? "joined \(name(of: change.record.id))" : nil
        case .joinFailed(_, .aliasTaken(let holder, _)):
            return "join fails: name taken by \(name(of: holder))"
        case .joinFailed(_, .ended(let code)): return "join fails: code \(code.rawValue)"
        case .joinFailed(_, .stream(.broken)): return "join fails: broken"
        case .keysGiven(_, .confirmed(let isInMemory)):
            return "given: confirmed" + (isInMemory ? " in memory" : "")
        case .keysGiven(_, .cannotKeep): return "given: cannot keep"
        case .keysGiven(_, .declined): return "given: declined"
        case .keysGiven(_, .failed): return "given: failed"
        default: return nil
        }
    }

    private func text(of message: StreamMessage) -> String {
        switch message {
        case .hello: "hello"
        case .helloAck: "helloAck"
        case .join: "join"
        case .peers(let chunk): "peers \(text(of: chunk.items))"
        case .syncDelta(let items): "delta \(text(of: items))"
        case .syncBuckets(let hashes): "buckets \(hashes.count)"
        case .syncIDs(let rows):
            rows.isEmpty
                ? "ids" : "ids \(rows.map { name(of: $0.member) }.joined(separator: ", "))"
        case .syncWant(let ids): "want \(ids.map { name(of: $0) }.joined(separator: ", "))"
        case .data: "data"
        case .end(let code): "end \(code.rawValue)"
        }
    }

    private func text(of items: [Item]) -> String {
        var records: [String] = []
        for item in items {
            switch item {
            case .full(let statement):
                let id = table.own.authenticator.nodeID(of: statement.core.identityKey)
                let left = statement.standing == .left ? " left" : ""
                records.append("\(name(of: id)) \(statement.incarnation.number)\(left)")
            case .dead:
                records.append("\(records.popLast() ?? "?") dead")
            default: records.append("\(item)")
            }
        }
        return records.joined(separator: ", ")
    }

    private func name(of id: NodeID) -> String { players.first { $0.value.id == id }?.key ?? "?" }
}
