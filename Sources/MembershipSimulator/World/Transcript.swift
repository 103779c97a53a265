import MembershipCore
import MembershipWire

/// The events, one line each: world time, observer, event.
///
/// ```
///   20.000000 world  crash n3
///   21.104512 n7     suspected n3 incarnation 1 (own probe: ...)
/// ```
/// The same run gives the same lines, so a transcript can be compared with one stored beside a
/// test.
package struct Transcript: WorldObserver, Sendable {
    package private(set) var lines: [String] = []
    /// Only these hosts' notices; nil for all.
    package var hosts: Set<Int>?
    /// Only events from here on.
    package var start: WorldInstant = .beginning
    /// Called with each complete line, which is then not kept.
    package var sink: (@Sendable (String) -> Void)?

    package init(hosts: Set<Int>? = nil, from start: WorldInstant = .beginning) {
        self.hosts = hosts
        self.start = start
    }

    package var text: String { lines.map { $0 + "\n" }.joined() }

    package mutating func observe(
        _ event: WorldEvent, at time: WorldInstant, in world: World
    ) {
        guard time >= start else { return }
        switch event {
        case .action(let action): add(nil, action.text, time)
        case .started(let host, let boot):
            guard isShown(host) else { return }
            add(host, boot == 1 ? "starts" : "starts again (\(boot))", time)
        case .stopped(let host):
            guard isShown(host) else { return }
            add(host, "stops", time)
        case .noticed(let host, let notice):
            guard isShown(host) else { return }
            add(host, world.text(of: notice), time)
        case .holdsKeyset(let host, let version):
            guard isShown(host) else { return }
            add(host, "holds keyset \(version)", time)
        case .misspoke(let host, let text):
            add(host, "misspoke: " + text, time)
        case .sent(let sender, let receiver, let datagram):
            guard isShown(sender) || receiver.map(isShown) == true else { return }
            let target = receiver.map { "n\($0)" } ?? "nowhere"
            add(sender, "-> \(target) \(world.text(of: datagram))", time)
        case .wrote(let sender, let receiver, let message):
            guard isShown(sender) || receiver.map(isShown) == true else { return }
            let target = receiver.map { "n\($0)" } ?? "nowhere"
            add(sender, "=> \(target) \(world.text(of: message))", time)
        }
    }

    private func isShown(_ host: Int) -> Bool { hosts?.contains(host) != false }

    /// Hosts are named by their number: a member may state any name.
    private mutating func add(_ host: Int?, _ text: String, _ time: WorldInstant) {
        let name = host.map { "n\($0)" } ?? "world"
        let line = time.text.padded(to: 12, onLeft: true) + " " + name.padded(to: 6) + " " + text
        if let sink { sink(line) } else { lines.append(line) }
    }
}

extension World {
    func text(of notice: Notice) -> String {
        switch notice {
        case .nameContested(let bearer, let other):
            return "\(bearer.alias) is \(bearer.id.short), and \(other.id.short) states it too"
        case .uncallable(let record):
            return "gets no answer of \(record.alias), which says that it lives"
        case .ownAddressUncallable(_, let by):
            return "cannot be called, say " + by.map { "\($0.alias)" }.joined(separator: ", ")
        case .ownBootClaimed(let record): return "hears \(record.alias) state its boot key"
        case .equivocation(let evidence):
            return "\(evidence.first.core.alias) has contradicted itself"
        case .changed(let change):
            let why =
                change.why.map { " (\(text(of: $0, isPending: change.kind == .suspected)))" } ?? ""
            let incarnation = change.record.incarnation
            return "\(change.kind.word) \(change.record.alias) incarnation \(incarnation)\(why)"
        case .joined(_, let outcome):
            let agreement = outcome.viewsAgree ? "views agree" : "views differ"
            return "joined by \(name(of: outcome.seed)): \(outcome.membersReceived) received, "
                + "\(outcome.membersAlive) alive, \(outcome.elapsed.shortText), \(agreement)"
                + (outcome.udpWorks ? "" : ", no UDP")
                + outcome.calledInVainBy.map { ", called in vain by \(name(of: $0))" }.joined()
        case .joinFailed(_, let refusal): return "cannot join: \(text(of: refusal))"
        case .noUDP(let record): return "has no UDP with \(record.alias)"
        case .streamOnly(let record): return "is answered by \(record.alias) on streams only"
        case .identityInUse(let endpoint): return "must stop: its identity is in use at \(endpoint)"
        case .leaveCompleted(let confirmations):
            return "has left, confirmed by \(confirmations)"
        case .userMessage(let origin, let type, let payload):
            return "hears from \(name(of: origin)): type \(type), \(payload.count) bytes"
        case .stateChanged(let member, let map):
            guard let map else { return "holds no state of \(name(of: member))" }
            let keys = map.entries.map(\.key.text).joined(separator: " ")
            return "holds the state of \(name(of: member)): "
                + (map.entries.count > 4 ? "\(map.entries.count) values" : keys)
        case .talk: return "talks by stream"
        case .memberMessage(let sender, let type, let payload):
            return "receives from \(name(of: sender)): type \(type), \(payload.count) bytes"
        case .keysGiven(_, let answer): return text(of: answer)
        case .ownRecordChanged(let record):
            return "is now incarnation \(record.incarnation), \(record.standing.word)"
        }
    }

    func text(of why: Why, isPending: Bool) -> String {
        var parts: [String] = []
        switch why.evidence {
        case .ownProbe(let timeout, let asked, let answered, let stream):
            parts.append("no ack in \(timeout.shortText), \(answered) of \(asked) relays answered")
            switch stream {
            case .notTried: break
            case .refused: parts.append("stream refused")
            case .noAnswer: parts.append("no answer on a stream")
            }
        case .processGone(let heartbeats):
            parts.append("process gone, \(heartbeats) heartbeats unanswered")
        case .streamOnly: parts.append("answers on streams only")
        case .hearsay: parts.append("hearsay")
        case .refuted: parts.append("refuted")
        case .acknowledged: parts.append("acknowledged")
        }
        if !why.accusers.isEmpty {
            let hosts = why.accusers.map { host(of: $0) ?? .max }.sorted()
            let names = hosts.map {
                self.hosts.indices.contains($0) ? self.hosts[$0].alias.text : "?"
            }
            parts.append("accused by " + names.joined(separator: " "))
        }
        if let age = why.lastAckAge { parts.append("last ack \(age.shortText) ago") }
        if why.ownHealth > 0 { parts.append("own health \(why.ownHealth)") }
        if isPending, let deadline = why.deadline { parts.append("dead in \(deadline.shortText)") }
        return parts.joined(separator: ", ")
    }

    private func text(of answer: KeysAnswer) -> String {
        switch answer {
        case .confirmed: "has given its keyset to a member"
        case .declined: "cannot give its keyset: the member holds a newer one"
        case .cannotKeep: "cannot give its keyset: the member cannot store it"
        case .ended(let code): "cannot give its keyset: the member says \(code)"
        case .failed(let failure): "cannot give its keyset: \(failure)"
        case .gone: "cannot give its keyset: the member is gone"
        }
    }

    private func text(of refusal: JoinRefusal) -> String {
        switch refusal {
        case .stream(let failure): "\(failure)"
        case .ended(let code): "the seed says \(code)"
        case .aliasTaken(let id, let endpoint): "alias taken by \(name(of: id)) at \(endpoint)"
        case .selfJoin: "the seed is this node"
        case .leaving: "it is leaving"
        }
    }

    func text(of datagram: Datagram) -> String {
        let body =
            switch datagram.body {
            case .heartbeat(let isIntroduction): isIntroduction ? "introduction" : "heartbeat"
            case .heartbeatAck(let sequence, let health): "ack of \(sequence), health \(health)"
            case .relayHeartbeat(let target, _, let timeout):
                "relay to \(name(of: target)) in \(timeout) ms"
            case .relayAck(let target, _, _): "relay ack of \(name(of: target))"
            case .relayNack(let target, _, let reason):
                "relay nack of \(name(of: target)), \(reason)"
            case .gossip(let isFinalCheck): isFinalCheck ? "final check" : "gossip"
            case .who: "who are you"
            case .goodbye(let code): "goodbye \(code)"
            case .message(let type, let payload): "message type \(type), \(payload.count) bytes"
            }
        return ([body] + datagram.items.map(text(of:))).joined(separator: "; ")
    }

    func text(of item: Item) -> String {
        switch item {
        case .full(let full): "full \(full.core.alias) \(full.incarnation) \(full.standing.word)"
        case .refresh(let refresh):
            "refresh \(name(of: refresh.member)) \(refresh.incarnation) \(refresh.standing.word)"
        case .suspect(let suspect):
            "suspect \(name(of: suspect.target)) \(suspect.incarnation) by \(name(of: suspect.accuser))"
        case .view(let view):
            "view \(view.members) \(hexadecimal(view.hash, digits: 16).prefix(6))"
        case .dead(let dead):
            "dead \(name(of: dead.target)) \(dead.incarnation) by "
                + dead.accusations.map { name(of: $0.accuser) }.joined(separator: " ")
        case .user(let user): "user \(name(of: user.origin)) \(user.sequence)"
        case .relay: "relayed"
        case .proof: "proof"
        case .heard(let origin, let sequence): "heard \(name(of: origin)) \(sequence)"
        case .gone(let gone):
            "gone \(name(of: gone.target)) \(gone.incarnation) by \(name(of: gone.accuser))"
        case .state(let state):
            "state \(name(of: state.member)) \(state.version)"
                + (state.since == 0 ? "" : " since \(state.since)")
        case .stateView(let hash): "states \(hexadecimal(hash, digits: 16).prefix(6))"
        case .degraded(let degraded): "degraded \(name(of: degraded.member)) \(degraded.counter)"
        case .unknown(let type, _): "unknown item \(type)"
        }
    }

    func text(of message: StreamMessage) -> String {
        switch message {
        case .hello(let hello): "hello for \(hello.purpose)"
        case .helloAck(let full, _): "hello-ack of \(full.core.alias)"
        case .join(let full): "join of \(full.core.alias)"
        case .peers(let chunk): "peers \(chunk.index): \(chunk.items.count) of \(chunk.total)"
        case .syncBuckets(let hashes): "sync: \(hashes.count) bucket hashes"
        case .syncIDs(let rows): "sync: \(rows.count) rows"
        case .syncWant(let wanted): "sync: \(wanted.count) wanted"
        case .syncDelta(let items): "sync: \(items.count) records"
        case .data(let part): "data, \(part.bytes.count) of \(part.total) bytes"
        case .end(let code): "end, \(code)"
        }
    }
}

extension MemberChange.Kind {
    var word: String {
        switch self {
        case .joined: "sees join"
        case .suspected: "suspects"
        case .recovered: "trusts again"
        case .failed: "declares dead"
        case .left: "sees leave"
        case .restarted: "sees restart of"
        case .renewed: "sees another boot of"
        case .updated: "sees update of"
        case .removed: "forgets"
        }
    }
}

extension Standing {
    var word: String { self == .alive ? "alive" : "left" }
}
