import Foundation
import MembershipSimulator
import MembershipWire
import Testing

@testable import MembershipCore

/// Plays one decision trace: a real node, members that answer or are silent, and a time of its own.
///
/// A member answers a heartbeat one round trip later; a relay has tried and says so when its time is over; a
/// machine lets a call in, refuses it, or drops it. Inputs come before timers of the same moment.
struct TracePlayer {
    private enum Event {
        case input(String)
        case ack(String, sequence: UInt64, [Item])
        case relayAnswer(String, Datagram)
        case stream(String, StreamID, isAccepted: Bool)
    }

    /// The moment 0 of the trace.
    private static let zero = ClusterInstant(nanoseconds: 100_000_000_000)
    /// The members know each other and answer for so long before it.
    private static let warmUp: Duration = .seconds(20)
    /// A wave that repeats an item later than this is another rumor.
    private static let repairs: Int64 = 60_000_000

    /// Other processes of the node's identity, by their boots.
    private static let twins: [String: UInt8] = ["o": 41, "p": 42]

    private let trace: DecisionTrace
    private let players: [String: Player]
    private let own: Player
    private var node: ClusterNode
    private var now = zero + (.zero - warmUp)
    private var awakeAt = zero + (.zero - warmUp)
    private var queue: [(at: ClusterInstant, serial: Int, event: Event)] = []
    private var serial = 0
    private var sequence: UInt64 = 0
    private var silent: Set<String> = []
    /// Members that show another view than the node's.
    private var differing: Set<String> = []
    private var otherKeys: Set<String> = []
    private var machines: [String: String] = [:]
    private var relays = "silent"
    private var lines: [TraceLine] = []
    private var lastWaves: [String: Int64] = [:]
    private var counts: [UInt64] = []

    init(_ trace: DecisionTrace, _ file: TraceFile, seed: UInt64) throws {
        self.trace = trace
        let numbers: [String: UInt8] = [
            "own": 1, "a": 11, "b": 12, "c": 13, "d": 14, "t": 20, "u": 31, "v": 32, "w": 33,
        ]
        var players: [String: Player] = [:]
        for (name, number) in numbers.merging(Self.twins, uniquingKeysWith: { $1 }) {
            let isTwin = Self.twins[name] != nil
            let player = try Player(
                file.names[name] ?? name, number: isTwin ? 1 : number, boot: number,
                address: 0x0A00_0000 | UInt32(number), holdsLifelines: name != "own")
            if let boot = file.boots[name] {
                #expect(UInt64(boot, radix: 16) == player.boot.value)
            }
            #expect(UInt64(file.nids[name] ?? "", radix: 16) == player.id.value)
            players[name] = player
        }
        self.players = players
        own = try #require(players["own"])
        node = try ClusterNode(
            own: own.identity,
            configuration: CoreConfiguration.lan.tolerating(.milliseconds(trace.tolerance)),
            authenticator: own.authenticator, seed: seed)
        for input in trace.inputs {
            put(.input(input.text), at: Self.zero + .milliseconds(input.at))
        }
        _ = node.handle(.start, at: now)
        for name in trace.members {
            guard let player = players[name] else { continue }
            receive(
                Datagram(.heartbeat(isIntroduction: true), [.full(player.full()), .view(.empty)]),
                from: player)
        }
        let start = trace.unixSeconds * 1_000_000_000 - Self.warmUp.nanoseconds
        handle(.clock(unixNanoseconds: start))
        counts = node.counters.all.map(\.count)
    }

    private mutating func put(_ event: Event, at moment: ClusterInstant) {
        serial += 1
        queue.append((moment, serial, event))
        queue.sort { ($0.at, $0.serial) < ($1.at, $1.serial) }
    }

    /// Everything that the node does from the moment 0 on.
    mutating func play() -> [TraceLine] {
        let end = Self.zero + .milliseconds(trace.until)
        while true {
            let event = queue.first?.at
            let moments = [event, node.agenda.next].compactMap(\.self)
            guard let earliest = moments.min() else { break }
            now = max(earliest, awakeAt)
            guard now <= end else { break }
            if let event, event <= now {
                happen(queue.removeFirst().event)
            } else {
                handle(.deadlineReached)
            }
        }
        return lines
    }

    // MARK: What comes in

    private mutating func handle(_ input: Input) {
        let isTimer = if case .deadlineReached = input { true } else { false }
        let effects = node.handle(input, at: now)
        for (index, counter) in node.counters.all.enumerated() where index < counts.count {
            for _ in counts[index]..<counter.count { say("counts \(counter.reason)") }
            counts[index] = counter.count
        }
        observe(effects, isTimer: isTimer)
    }

    private mutating func receive(_ datagram: Datagram, from player: Player) {
        sequence += 1
        handle(
            .received(
                datagram, sequence: sequence, from: player.boot, source: player.identity.endpoint))
    }

    private mutating func happen(_ event: Event) {
        switch event {
        case .input(let text): take(text)
        case .ack(let name, let sequence, let items):
            guard let player = players[name] else { return }
            receive(
                Datagram(
                    .heartbeatAck(echoedSequence: sequence, health: 0),
                    [.view(digest(of: name))] + items),
                from: player)
        case .relayAnswer(let name, let datagram):
            guard let player = players[name] else { return }
            receive(datagram, from: player)
        case .stream(_, let id, isAccepted: false):
            handle(.stream(id, .failed(.refused)))
        case .stream(let name, let id, isAccepted: true):
            guard let player = players[name] else { return }
            let held = node.view.table[player.id]?.record.full
            let record = Self.twins[name] == nil ? held ?? player.full() : player.full()
            handle(
                .stream(
                    id,
                    .received(
                        .helloAck(record, node.viewDigest), remoteBoot: player.identity.bootKey)))
        }
    }

    private mutating func take(_ text: String) {
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
        case "stranger":
            handle(.stranger(BootID(99), sequence: 1, source: Self.strangers(words[1])))
        case "sleep": awakeAt = now + .milliseconds(Int64(words[1]) ?? 0)
        default: takeDatagram(text, words)
        }
    }

    private mutating func takeDatagram(_ text: String, _ words: [String]) {
        guard let player = players[words[0].replacing(":", with: "")] else {
            Issue.record("unknown: \(text)")
            return
        }
        if words[1] == "sends" {
            return receive(
                Datagram(.heartbeat(isIntroduction: false), [.view(digest(of: words[0]))]),
                from: player)
        }
        if words[1...] == ["asks", "who"] {
            return receive(
                Datagram(.who(echoedBoot: own.boot, echoedSequence: 1)), from: player)
        }
        if words[1] == "relays", let target = players[words[3]] {
            let request = Datagram.Body.relayHeartbeat(
                target: target.id, token: RelayToken(Octets16(repeating: 9)),
                timeoutMilliseconds: UInt16(words[5]) ?? 0)
            return receive(Datagram(request), from: player)
        }
        let isFinalCheck = words[1] == "asks:"
        let items = text.components(separatedBy: ": ").dropFirst().joined()
            .components(separatedBy: "; ").compactMap { item(String($0)) }
        receive(Datagram(.gossip(isFinalCheck: isFinalCheck), items), from: player)
    }

    private func digest(of name: String) -> ViewDigest {
        let own = node.viewDigest
        return ViewDigest(
            members: own.members, hash: differing.contains(name) ? ~own.hash : own.hash,
            keyringHash: own.keyringHash &+ (otherKeys.contains(name) ? 1 : 0))
    }

    /// The source of a frame whose boot is in no record.
    private static func strangers(_ name: String) -> Endpoint {
        Endpoint(.v4(0xC000_0200 | UInt32(name.utf8.first ?? 0)), port: 2254)
    }

    // MARK: What the node does

    private mutating func say(_ text: String) {
        let at = (now - Self.zero).nanoseconds
        if at >= 0 { lines.append(TraceLine(at: at, text: text)) }
    }

    private mutating func observe(_ effects: [Effect], isTimer: Bool) {
        var choices: [String: [String]] = [:]
        for effect in effects {
            switch effect {
            case .send(let datagram, _, let destination) where datagram.body.suite == .cluster:
                observe(datagram, to: destination)
            case .send(let datagram, let sequence, let destination):
                guard let name = name(of: destination.boot) else { continue }
                observe(datagram, sequence, to: name, isTimer: isTimer, choices: &choices)
            case .openStream(let id, let endpoint, _, _):
                guard
                    let name = players.first(where: { $0.value.identity.endpoint == endpoint })?.key
                else { continue }
                observe(id, to: name)
            case .notify(let notice): observe(notice)
            default: break
            }
        }
        for (head, names) in choices.sorted(by: { $0.key < $1.key }) {
            say("\(head): \(names.sorted().joined(separator: " "))")
        }
    }

    /// A stream that the node opens. A call may be answered.
    private mutating func observe(_ id: StreamID, to name: String) {
        switch node.streams.purpose(ofOpened: id) {
        case .sync: say("sync \(name)")
        case .keys: say("keys \(name)")
        case .probe, .duplicate:
            say("call \(name)")
            guard let machine = machines[name] else { return }
            put(
                .stream(name, id, isAccepted: machine == "accepts"),
                at: now + .milliseconds(trace.roundTrip))
        case .join, .states, .claim, .message, .lifeline, nil: say("stream to \(name)")
        }
    }

    /// First contact.
    private mutating func observe(_ datagram: Datagram, to destination: Destination) {
        if case .who = datagram.body {
            let source = ["x", "y"].first { Self.strangers($0) == destination.endpoint }
            say("who \(source ?? "?")")
        } else {
            say("introduction \(name(of: destination.boot) ?? "?")")
        }
    }

    private mutating func observe(
        _ datagram: Datagram, _ sequence: UInt64, to name: String, isTimer: Bool,
        choices: inout [String: [String]]
    ) {
        switch datagram.body {
        case .heartbeat(isIntroduction: false):
            guard let player = players[name],
                node.view.table[player.id]?.state.isLiving == true
            else { return }
            if datagram.items.contains(.refresh(own.refresh(1, .left))) {
                choices["farewell", default: []].append(name)
            }
            if trace.watch.contains(name) { say("heartbeat \(name)") }
            guard !silent.contains(name) else { return }
            put(
                .ack(name, sequence: sequence, proofs(of: player, in: datagram)),
                at: now + .milliseconds(trace.roundTrip))
        case .relayAck(let target, _, _):
            say("proof of \(self.name(of: target) ?? "?") to \(name)")
        case .relayNack(let target, _, let reason):
            let target = self.name(of: target) ?? "?"
            switch reason {
            case .noAnswer: say("nack to \(name): no answer of \(target)")
            case .unknownTarget: say("nack to \(name): \(target) is not known")
            case .busy: say("nack to \(name): busy")
            }
        case .relayHeartbeat(let target, let token, let timeout):
            guard let target = self.name(of: target) else { return }
            choices["relays for \(target)", default: []].append(name)
            relay(name, sequence, to: target, token, within: timeout)
        case .gossip(isFinalCheck: true):
            for item in datagram.items {
                choices["final check \(text(of: item))", default: []].append(name)
            }
        case .gossip(isFinalCheck: false):
            for item in datagram.items {
                if isTimer {
                    noteWave(text(of: item))
                } else {
                    say("to \(name): \(text(of: item))")
                }
            }
        default: break
        }
    }

    private func proofs(of player: Player, in heartbeat: Datagram) -> [Item] {
        heartbeat.items.compactMap { item in
            guard case .relay(let requester, let token) = item,
                let asker = name(of: requester).flatMap({ players[$0] }),
                let proof = player.authenticator.relayProof(
                    of: token, for: asker.identity.bootKey)
            else { return nil }
            return .proof(requester: requester, proof: proof)
        }
    }

    private mutating func noteWave(_ item: String) {
        let at = (now - Self.zero).nanoseconds
        if let last = lastWaves[item], at - last < Self.repairs {
            lastWaves[item] = at
            return
        }
        lastWaves[item] = at
        say("wave \(item)")
    }

    private mutating func relay(
        _ name: String, _ sequence: UInt64, to target: String, _ token: RelayToken,
        within timeout: UInt16
    ) {
        guard let player = players[target] else { return }
        switch relays {
        case "prove":
            guard let proof = player.authenticator.relayProof(of: token, for: own.identity.bootKey)
            else { return }
            let body = Datagram.Body.relayAck(
                target: player.id, echoedSequence: sequence, proof: proof)
            put(.relayAnswer(name, Datagram(body)), at: now + .milliseconds(2 * trace.roundTrip))
        case "nack":
            let body = Datagram.Body.relayNack(
                target: player.id, echoedSequence: sequence, reason: .noAnswer)
            put(.relayAnswer(name, Datagram(body)), at: now + .milliseconds(Int64(timeout)))
        default: break
        }
    }

    private mutating func observe(_ notice: Notice) {
        switch notice {
        case .changed(let change):
            guard let name = name(of: change.record.id), name != "own" else { return }
            say("\(change.kind) \(name)")
        case .leaveCompleted(let confirmations): say("ends: \(confirmations) confirmed")
        case .identityInUse: say("stops")
        case .nameContested(let bearer, let other):
            let names = [bearer, other].map { name(of: $0.id) ?? "?" }
            say("contested: \(names.joined(separator: " before "))")
        case .userMessage(let origin, _, let payload):
            say("delivers \(name(of: origin) ?? "?") \(String(decoding: payload, as: UTF8.self))")
        case .ownRecordChanged(let record): say("incarnation \(record.incarnation.number)")
        case .streamOnly(let record):
            say("answers by stream only: \(name(of: record.id) ?? "?")")
        default: break
        }
    }
}

// MARK: - Statements and names

extension TracePlayer {
    private func name(of boot: BootID) -> String? { players.first { $0.value.boot == boot }?.key }
    private func name(of id: NodeID) -> String? {
        players.first { $0.value.id == id && Self.twins[$0.key] == nil }?.key
    }

    private func text(of item: Item) -> String {
        switch item {
        case .full(let statement):
            let id = own.authenticator.nodeID(of: statement.core.identityKey)
            let kind = statement.standing == .left ? "left" : "full"
            return "\(kind) \(name(of: id) ?? "?") \(statement.incarnation.number)"
        case .refresh(let statement):
            let kind = statement.standing == .left ? "left" : "refresh"
            return "\(kind) \(name(of: statement.member) ?? "?") \(statement.incarnation.number)"
        case .suspect(let statement):
            return "suspect \(name(of: statement.target) ?? "?") \(statement.incarnation.number)"
                + " by \(name(of: statement.accuser) ?? "?")"
        case .dead(let statement):
            let accusers = statement.accusations.compactMap { name(of: $0.accuser) }.sorted()
            let by = accusers.isEmpty ? "" : " by \(accusers.joined(separator: " "))"
            return "dead \(name(of: statement.target) ?? "?") \(statement.incarnation.number)\(by)"
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
    private func item(_ text: String) -> Item? {
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
