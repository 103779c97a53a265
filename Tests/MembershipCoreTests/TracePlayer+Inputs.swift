import Foundation
import MembershipSimulator
import MembershipWire
import Testing

@testable import MembershipCore

/// The inputs of a decision trace.
extension TracePlayer {
    mutating func take(_ text: String) {
        let words = text.split(separator: " ").map(String.init)
        switch words[0] {
        case "silent": silent.formUnion(words.dropFirst())
        case "answers": silent.subtract(words.dropFirst())
        case "machine": machines[words[1]] = words[2]
        case "relays": relays = words[1]
        case "differs": differing.formUnion(words.dropFirst())
        case "agrees": differing.subtract(words.dropFirst())
        case "other": otherKeys.formUnion(words.dropFirst(2))
        case "same": otherKeys.subtract(words.dropFirst(2))
        case "leave": handle(.leave)
        case "metadata": handle(.setMetadata([9]))
        case "renew": renew()
        case "broadcast":
            for _ in 0..<(words.count > 1 ? Int(words[1]) ?? 1 : 1) {
                handle(.broadcast(type: 1, payload: [1]))
            }
        case "stranger":
            handle(.stranger(BootID(99), sequence: 1, source: Self.strangers(words[1])))
        case "line": endLine(words)
        case "write": handle(.writeState(Self.entries(words.dropFirst())))
        case "shows":
            statesShown.formUnion(words.dropFirst(3))
            if words[1] == "other" {
                otherStates.formUnion(words.dropFirst(3))
            } else {
                otherStates.subtract(words.dropFirst(3))
            }
        case "sleep": awakeAt = now + .milliseconds(Int64(words[1]) ?? 0)
        case "join", "forget", "send", "behind": command(words)
        default: takeOfMember(text)
        }
    }

    private mutating func command(_ words: [String]) {
        guard let player = players[words[1]] else { return }
        switch words[0] {
        case "join": handle(.join(player.identity.endpoint, attempt: 1))
        case "behind": handle(.keys(.behind(player.boot, KeyID(3))))
        case "send": handle(.send(type: 1, payload: [1], to: player.id))
        default: handle(.forget(player.id))
        }
    }

    private mutating func renew() {
        let key = BootKey(Octets32(repeating: 99))
        handle(
            .renewBoot(
                key, PlainAuthenticator(identityKey: own.identity.identityKey, bootKey: key)))
    }

    /// `a: X; Y`, `a lists: X; Y`, `t sends`.
    private mutating func takeOfMember(_ text: String) {
        let parts = text.components(separatedBy: ": ")
        let words = parts[0].components(separatedBy: " ")
        let items = parts.dropFirst().joined()
            .components(separatedBy: "; ").filter { !$0.isEmpty }.compactMap { item($0) }
        if parts[0] == "remembers" { return handle(.remember(items)) }
        guard let player = players[words[0]] else {
            Issue.record("unknown: \(text)")
            return
        }
        switch words.dropFirst().joined(separator: " ") {
        case "", "asks":
            let isFinalCheck = words.count > 1
            receive(Datagram(.gossip(isFinalCheck: isFinalCheck), items), from: player)
        case "sends":
            let shown = shownItems(of: TraceMembers.member(words[0]))
            receive(Datagram(.heartbeat(isIntroduction: false), shown), from: player)
        case "asks who":
            receive(Datagram(.who(echoedBoot: own.boot, echoedSequence: 1)), from: player)
        case "lists": list(items, by: words[0])
        case "lists and is cut": list(items, by: words[0], isCut: true)
        case "breaks off":
            if let id = opened[words[0]] { handle(.stream(id, .failed(.broken))) }
        case "joins", "syncs", "calls", "offers keys", "opens a line":
            call(words[1], by: words[0])
        default: takeOfMember(words, player)
        }
    }

    private mutating func takeOfMember(_ words: [String], _ player: Player) {
        if words[1] == "relays", let target = players[words[3]] {
            let request = Datagram.Body.relayHeartbeat(
                target: target.id, token: RelayToken(Octets16(repeating: 9)),
                timeoutMilliseconds: UInt16(words[5]) ?? 0)
            return receive(Datagram(request), from: player)
        }
        if words.last == "times" || words[1] == "writes" {
            for number in 1...max(1, words.last == "times" ? Int(words[words.count - 2]) ?? 1 : 1) {
                repeatedly(words, player, number)
            }
            return
        }
        guard words[1] == "acks" else {
            Issue.record("unknown: \(words)")
            return
        }
        // `acks first`, `acks last`, `acks last of t`.
        let sent = heartbeats[words.count > 3 ? words[4] : TraceMembers.member(words[0])] ?? []
        guard let sequence = words[2] == "first" ? sent.first : sent.last else { return }
        acknowledge(sequence, by: words[0])
    }

    /// `a writes 300 times`, `a floods b 1005 times`, `a tells 70 times`.
    private mutating func repeatedly(_ words: [String], _ player: Player, _ number: Int) {
        switch words[1] {
        case "writes":
            receive(Datagram(.message(applicationType: 1, payload: [1])), from: player)
        case "floods":
            guard let item = item("user \(words[2]) 1 \(number) 0") else { return }
            receive(Datagram(.gossip(isFinalCheck: false), [item]), from: player)
        default:
            guard let item = item("full crowd\(number) 1") else { return }
            receive(Datagram(.gossip(isFinalCheck: false), [item]), from: player)
        }
    }

    /// The source of a frame whose boot is in no record.
    static func strangers(_ name: String) -> Endpoint {
        Endpoint(.v4(0xC000_0200 | UInt32(name.utf8.first ?? 0)), port: 2254)
    }
}

// MARK: - Streams

extension TracePlayer {
    private func receive(_ message: StreamMessage, of name: String) -> StreamInput {
        .received(message, remoteBoot: players[name]?.identity.bootKey)
    }

    /// HELLO_ACK of this member.
    mutating func accept(_ id: StreamID, by name: String) {
        guard let player = players[name] else { return }
        let held = node.view.table[player.id]?.record.full
        let isTwin = TraceMembers.twins[name] != nil
        let record = isTwin || held?.core != player.core ? player.full() : held ?? player.full()
        handle(.stream(id, receive(.helloAck(record, node.viewDigest), of: name)))
    }

    /// All of a stream that the node has opened: this member brings these items.
    private mutating func list(_ items: [Item], by name: String, isCut: Bool = false) {
        guard let id = opened[name], let purpose = node.streams.purpose(ofOpened: id) else {
            return
        }
        accept(id, by: name)
        if case .join = purpose {
            let chunk = StreamMessage.PeerListChunk(
                total: UInt32(items.count), index: 0, items: items)
            handle(.stream(id, receive(.peers(chunk), of: name)))
        } else {
            let none = Array(repeating: UInt64(0), count: 64)
            handle(.stream(id, receive(.syncBuckets(none), of: name)))
            handle(.stream(id, receive(.syncIDs([]), of: name)))
            handle(.stream(id, receive(.syncDelta(items), of: name)))
        }
        guard node.streams.isOpen(id) else { return }
        handle(.stream(id, isCut ? .cut : receive(.end(.done), of: name)))
    }

    /// `line of t breaks`, `line from a busy`: the lifeline to t, or that of a, has ended.
    private mutating func endLine(_ words: [String]) {
        let accepted = callers.first { $0.value == words[2] }?.key
        guard let id = words[1] == "of" ? lines[words[2]] : accepted else { return }
        switch words[3...].joined(separator: " ") {
        case "breaks": handle(.stream(id, .failed(.broken)))
        case "times out": handle(.stream(id, .failed(.timedOut)))
        case "held dead": handle(.stream(id, receive(.end(.heldDead), of: words[2])))
        case "busy": handle(.stream(id, receive(.end(.busy), of: words[2])))
        default: handle(.stream(id, receive(.end(.moved), of: words[2])))
        }
    }

    /// All of a stream that this member opens.
    private mutating func call(_ verb: String, by name: String) {
        guard let player = players[name] else { return }
        let id = StreamID(2 * UInt64(callers.count) + 1)
        callers[id] = name
        let purposes: [String: StreamMessage.Purpose] = [
            "joins": .join, "offers": .keys, "opens": .lifeline,
        ]
        let hello = StreamMessage.Hello(
            purpose: purposes[verb] ?? .sync,
            protocolVersions: ProtocolVersion.supported, caller: player.id)
        handle(.stream(id, .received(.hello(hello), remoteBoot: nil)))
        guard verb != "calls", node.streams.isOpen(id) else { return }
        let held = node.view.table[player.id]?.record.full
        let record = held?.core == player.core ? held ?? player.full() : player.full()
        handle(.stream(id, receive(.join(record), of: name)))
        if verb == "syncs" {
            let own = ViewBuckets(of: node.view.table, count: 64).hashes
            handle(.stream(id, receive(.syncBuckets(own), of: name)))
        }
        guard verb != "opens", node.streams.isOpen(id) else { return }
        handle(.stream(id, verb == "offers" ? .receivedKeys : receive(.end(.done), of: name)))
    }
}
