import Foundation
import MembershipSimulator
import MembershipWire
import Testing

@testable import MembershipCore

/// What a node does, in the words of the traces.
extension TracePlayer {
    /// A wave that repeats an item later than this is another rumor.
    private static let repairs: Int64 = 60_000_000

    mutating func observe(_ effects: [Effect], isTimer: Bool) {
        // Several members, chosen by chance, by what they get.
        var choices: [String: [String]] = [:]
        for effect in effects {
            switch effect {
            case .send(let datagram, let sequence, let destination)
            where datagram.body.suite == .cluster:
                observe(datagram, sequence, to: destination, isTimer: isTimer, choices: &choices)
            case .send(let datagram, let sequence, let destination):
                guard let name = name(of: destination.boot) else { continue }
                observe(datagram, sequence, to: name, isTimer: isTimer, choices: &choices)
            case .openStream(let id, let endpoint, _, _):
                if let record = record(at: endpoint) { observe(id, to: record) }
            case .writeStream(let id, let message): observe(message, on: id)
            case .knock(let id, let endpoint, _): observe(id, at: endpoint)
            case .takeKeys(let id):
                say("takes the keys of \(callers[id].map(TraceMembers.member) ?? "?")")
            case .notify(let notice): observe(notice)
            default: break
            }
        }
        for (head, names) in choices.sorted(by: { $0.key < $1.key }) {
            say("\(head): \(names.sorted().joined(separator: " "))")
        }
    }

    /// Of those that state this address, the one that the node holds.
    private func record(at endpoint: Endpoint) -> String? {
        let all = players.filter { $0.value.identity.endpoint == endpoint }.keys.sorted()
        return all.first { record in
            players[record].map { node.view.table[$0.id]?.record.core == $0.core } ?? false
        } ?? all.first
    }

    /// A stream that the node opens. A call may be answered.
    private mutating func observe(_ id: StreamID, to record: String) {
        let name = TraceMembers.member(record)
        opened[name] = id
        switch node.streams.purpose(ofOpened: id) {
        case .join: say("join \(name)")
        case .sync: say("sync \(name)")
        case .keys: say("keys \(name)")
        case .probe, .duplicate, .claim:
            say("call \(name)")
            guard let machine = machines[name] else { return }
            put(
                .stream(record, id, isAccepted: machine == "accepts"),
                at: now + .milliseconds(trace.roundTrip))
        case .lifeline:
            lines[name] = id
            say("lifeline \(name)")
            let answerAt = now + .milliseconds(trace.roundTrip)
            switch machines[name] {
            case "drops": put(.streamTimedOut(id), at: now + .seconds(3))
            case "refuses": put(.stream(record, id, isAccepted: false), at: answerAt)
            default: put(.stream(record, id, isAccepted: true), at: answerAt)
            }
        case .states: say("states \(name)")
        case .message, nil: say("stream to \(name)")
        }
    }

    private mutating func observe(_ id: KnockID, at endpoint: Endpoint) {
        guard let name = record(at: endpoint).map(TraceMembers.member) else { return }
        say("knock \(name)")
        let answer: KnockAnswer? =
            switch machines[name] {
            case "drops": nil
            case "refuses": .refused
            default: .accepted
            }
        if let answer { put(.knock(id, answer), at: now + .milliseconds(trace.roundTrip)) }
    }

    private mutating func observe(_ message: StreamMessage, on id: StreamID) {
        let caller = callers[id]
        switch message {
        case .peers(let chunk):
            guard let caller else { return }
            say("list for \(caller): \(chunk.items.map { text(of: $0) }.joined(separator: "; "))")
        case .syncDelta(let items):
            guard let caller else { return }
            say("delta for \(caller): \(items.map { text(of: $0) }.joined(separator: "; "))")
        case .helloAck:
            if let caller, TraceMembers.twins[caller] != nil { say("answers \(caller)") }
        case .end(let code):
            guard code != .done,
                let name = caller ?? lines.first(where: { $0.value == id })?.key
                    ?? opened.first(where: { $0.value == id })?.key
            else { return }
            say("end \(code.rawValue) \(name)")
        default: break
        }
    }

    /// First contact.
    private mutating func observe(
        _ datagram: Datagram, _ sequence: UInt64, to destination: Destination, isTimer: Bool,
        choices: inout [String: [String]]
    ) {
        if case .who = datagram.body {
            let source = ["x", "y"].first { Self.strangers($0) == destination.endpoint }
            return say("who \(source ?? "?")")
        }
        guard case .heartbeat = datagram.body, let record = name(of: destination.boot) else {
            return
        }
        let name = TraceMembers.member(record)
        let isOfJoin = !node.entrance.joins.isEmpty
        if !isOfJoin || isShown("introductions") {
            choices["introductions", default: []].append(name)
        }
        sent(sequence, to: record, [])
    }

    private mutating func sent(_ sequence: UInt64, to record: String, _ items: [Item]) {
        let name = TraceMembers.member(record)
        if now >= Self.zero { heartbeats[name, default: []].append(sequence) }
        guard !silent.contains(name) else { return }
        put(
            .ack(record, sequence: sequence, items), at: now + .milliseconds(trace.roundTrip))
    }

    private mutating func observe(
        _ datagram: Datagram, _ sequence: UInt64, to record: String, isTimer: Bool,
        choices: inout [String: [String]]
    ) {
        let name = TraceMembers.member(record)
        switch datagram.body {
        case .heartbeat(isIntroduction: false):
            observeHeartbeat(datagram, sequence, to: record, choices: &choices)
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
            relay(record, sequence, to: target, token, within: timeout)
        case .gossip(isFinalCheck: true):
            for item in datagram.items {
                choices["final check \(text(of: item))", default: []].append(name)
            }
        case .gossip(isFinalCheck: false) where isTimer && isShown("waves"):
            let items = datagram.items.map { text(of: $0) }.joined(separator: "; ")
            choices["wave \(items)", default: []].append(name)
        case .gossip(isFinalCheck: false):
            for item in datagram.items {
                if isTimer {
                    noteWave(text(of: item))
                } else {
                    say("to \(name): \(text(of: item))")
                }
            }
        case .message: say("message to \(name)")
        default: break
        }
    }

    private func isShown(_ what: String) -> Bool { trace.shows?.contains(what) == true }

    private mutating func observeHeartbeat(
        _ datagram: Datagram, _ sequence: UInt64, to record: String,
        choices: inout [String: [String]]
    ) {
        let name = TraceMembers.member(record)
        guard let player = players[record] else { return }
        if datagram.items.contains(where: { isFarewell($0) }) {
            choices["farewell", default: []].append(name)
        }
        let copies = datagram.items.filter {
            switch $0 {
            case .view, .relay: false
            default: true
            }
        }
        if isShown("copies"), !copies.isEmpty {
            let items = copies.map { text(of: $0) }.joined(separator: "; ")
            say("heartbeat to \(name) with \(items)")
        }
        if isShown("heartbeats") {
            choices["heartbeats", default: []].append(name)
        }
        if trace.watch.contains(name) { say("heartbeat \(name)") }
        sent(sequence, to: record, proofs(of: player, in: datagram))
    }

    private func isFarewell(_ item: Item) -> Bool {
        if case .refresh(let statement) = item {
            statement.member == own.id && statement.standing == .left
        } else {
            false
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
        case "nack", "busy":
            let body = Datagram.Body.relayNack(
                target: player.id, echoedSequence: sequence,
                reason: relays == "busy" ? .busy : .noAnswer)
            put(.relayAnswer(name, Datagram(body)), at: now + .milliseconds(Int64(timeout)))
        default: break
        }
    }
}

// MARK: - Notices

extension TracePlayer {
    private mutating func observe(_ notice: Notice) {
        switch notice {
        case .changed(let change):
            guard let name = name(of: change.record.id), name != "own", change.kind != .renewed
            else { return }
            say("\(change.kind) \(name)")
        case .leaveCompleted(let confirmations): say("ends: \(confirmations) confirmed")
        case .identityInUse: say("stops")
        case .nameContested(let bearer, let other):
            let names = [bearer, other].map { name(of: $0.id) ?? "?" }
            say("contested: \(names.joined(separator: " before "))")
        case .userMessage(let origin, _, let payload):
            say("delivers \(name(of: origin) ?? "?") \(String(decoding: payload, as: UTF8.self))")
        case .ownRecordChanged(let record): say("incarnation \(record.incarnation.number)")
        case .stateChanged(let id, let map):
            let map = map.map { Self.text(of: $0.entries) } ?? "none"
            say("state of \(id == own.id ? "own" : name(of: id) ?? "?"): \(map)")
        case .streamOnly(let record):
            say("answers by stream only: \(name(of: record.id) ?? "?")")
        case .uncallable(let record): say("does not answer: \(name(of: record.id) ?? "?")")
        case .ownAddressUncallable(_, let accusers):
            say("own address cannot be called: \(names(of: accusers.map(\.id)))")
        case .equivocation(let evidence):
            let id = own.authenticator.nodeID(of: evidence.first.core.identityKey)
            say("contradicts itself: \(name(of: id) ?? "?")")
        case .memberMessage(let sender, _, _): say("message of \(name(of: sender) ?? "?")")
        case .ownBootClaimed(let record): say("own boot claimed: \(name(of: record.id) ?? "?")")
        case .joined(_, let outcome): say(text(of: outcome))
        case .joinFailed(_, let refusal): say("join fails: \(text(of: refusal))")
        default: break
        }
    }

    private func names(of ids: [NodeID]) -> String {
        ids.map { name(of: $0) ?? "?" }.sorted().joined(separator: " ")
    }

    private func text(of outcome: JoinOutcome) -> String {
        let how =
            outcome.viewsAgree
            ? "views agree" : outcome.udpWorks ? "views differ" : "no datagram came back"
        let vain =
            outcome.calledInVainBy.isEmpty
            ? "" : ", called in vain by \(names(of: outcome.calledInVainBy))"
        return "joined by \(name(of: outcome.seed) ?? "?"): \(how)\(vain)"
    }

    private func text(of refusal: JoinRefusal) -> String {
        switch refusal {
        case .leaving: "leaving"
        case .stream(.broken): "broken"
        case .ended(let code): "code \(code.rawValue)"
        case .aliasTaken(let holder, _): "name taken by \(name(of: holder) ?? "?")"
        case .stream, .selfJoin: "\(refusal)"
        }
    }
}
