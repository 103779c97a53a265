import Foundation
import MembershipSimulator
import MembershipWire
import Testing

@testable import MembershipCore

/// Plays one decision trace: a real node, members that answer or are silent, and a time of its own.
///
/// A member answers a heartbeat one round trip later; a relay has tried and says so when its time is over; a
/// machine lets a call in, refuses it, or drops it. Inputs come before timers of the same moment. The file
/// `Specs/traces/README.md` has the words of inputs and effects.
struct TracePlayer {
    enum Event {
        case input(String)
        case ack(String, sequence: UInt64, [Item])
        case relayAnswer(String, Datagram)
        case stream(String, StreamID, isAccepted: Bool)
        case streamTimedOut(StreamID)
        case knock(KnockID, KnockAnswer)
    }

    /// The moment 0 of the trace.
    static let zero = ClusterInstant(nanoseconds: 1_000_000_000_000)
    /// The members know each other and answer for so long before it.
    private static let warmUp: Duration = .seconds(20)

    let trace: DecisionTrace
    let players: [String: Player]
    let own: Player
    var node: ClusterNode
    var now = zero + (.zero - warmUp)
    var awakeAt = zero + (.zero - warmUp)
    private var queue: [(at: ClusterInstant, serial: Int, event: Event)] = []
    private var serial = 0
    private var sequence: UInt64 = 0
    var silent: Set<String> = []
    /// Members that show another view than the node's.
    var differing: Set<String> = []
    var otherKeys: Set<String> = []
    /// Members that show a hash of states, and of them those that show another one than the node's.
    var statesShown: Set<String> = []
    var otherStates: Set<String> = []
    var machines: [String: String] = [:]
    var relays = "silent"
    /// The last stream that the node has opened to a member, and the members that have opened one.
    var opened: [String: StreamID] = [:]
    var callers: [StreamID: String] = [:]
    /// The lifelines that the node has opened.
    var lines: [String: StreamID] = [:]
    /// The heartbeats to each member from the moment 0 on.
    var heartbeats: [String: [UInt64]] = [:]
    private(set) var made: [TraceLine] = []
    var lastWaves: [String: Int64] = [:]
    private var counts: [UInt64] = []

    init(_ trace: DecisionTrace, _ members: TraceMembers, seed: UInt64) throws {
        self.trace = trace
        players = members.players
        own = try #require(players["own"])
        var configuration = CoreConfiguration.lan.tolerating(.milliseconds(trace.tolerance))
        configuration.holdsLifelines = trace.lifelines ?? false
        node = try ClusterNode(
            own: own.identity, configuration: configuration, authenticator: own.authenticator,
            seed: seed)
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
        if let seconds = trace.unixSeconds {
            let start = seconds * 1_000_000_000 - Self.warmUp.nanoseconds
            handle(.clock(unixNanoseconds: start))
        }
        counts = node.counters.all.map(\.count)
    }

    mutating func put(_ event: Event, at moment: ClusterInstant) {
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
        return TraceLine.counted(made)
    }

    mutating func say(_ text: String) {
        let at = (now - Self.zero).nanoseconds
        let isHidden = trace.hides?.contains { text.hasPrefix($0) } ?? false
        if at >= 0, !isHidden { made.append(TraceLine(at: at, text: text)) }
    }

    mutating func handle(_ input: Input) {
        let isTimer = if case .deadlineReached = input { true } else { false }
        let effects = node.handle(input, at: now)
        for (index, counter) in node.counters.all.enumerated() where index < counts.count {
            for _ in counts[index]..<counter.count { say("counts \(counter.reason)") }
            counts[index] = counter.count
        }
        observe(effects, isTimer: isTimer)
    }

    mutating func receive(_ datagram: Datagram, from player: Player) {
        sequence += 1
        handle(
            .received(
                datagram, sequence: sequence, from: player.boot, source: player.identity.endpoint))
    }

    private mutating func happen(_ event: Event) {
        switch event {
        case .input(let text): take(text)
        case .ack(let name, let sequence, let items): acknowledge(sequence, by: name, items)
        case .relayAnswer(let name, let datagram):
            guard let player = players[name] else { return }
            receive(datagram, from: player)
        case .stream(_, let id, isAccepted: false):
            handle(.stream(id, .failed(.refused)))
        case .stream(let name, let id, isAccepted: true): accept(id, by: name)
        case .streamTimedOut(let id): handle(.stream(id, .failed(.timedOut)))
        case .knock(let id, let answer): handle(.knocked(id, answer))
        }
    }

    mutating func acknowledge(_ sequence: UInt64, by name: String, _ items: [Item] = []) {
        guard let player = players[name] else { return }
        let ack = Datagram.Body.heartbeatAck(echoedSequence: sequence, health: 0)
        receive(
            Datagram(ack, shownItems(of: TraceMembers.member(name)) + items), from: player)
    }

    /// VIEW, and STATE_VIEW where the member shows it.
    func shownItems(of name: String) -> [Item] {
        let own = node.states.viewHash
        let hash = otherStates.contains(name) ? ~own : own
        return [.view(digest(of: name))] + (statesShown.contains(name) ? [.stateView(hash)] : [])
    }

    func digest(of name: String) -> ViewDigest {
        let own = node.viewDigest
        return ViewDigest(
            members: own.members, hash: differing.contains(name) ? ~own.hash : own.hash,
            keyringHash: own.keyringHash &+ (otherKeys.contains(name) ? 1 : 0))
    }
}
