internal import MembershipCore
import MembershipWire

extension Member {
    /// The public form. `names` returns the aliases of accusers.
    init(_ status: MemberStatus, at now: ClusterInstant, names: (NodeID) -> NodeAlias?) {
        self.init(
            status.record, name: status.name, state: status.state, isSelf: status.isSelf,
            roundTripTime: status.roundTripTime, timeInState: now - status.since,
            why: status.why, names: names)
    }

    init(
        _ record: MemberRecord, name: NodeAlias, state: MemberState, isSelf: Bool,
        roundTripTime: Duration?, timeInState: Duration, why: Why?, names: (NodeID) -> NodeAlias?
    ) {
        self.init(
            id: record.id, name: name, statedName: record.alias, state: state,
            endpoint: record.endpoint, incarnation: record.incarnation,
            metadata: record.core.metadata, isSelf: isSelf,
            roundTripTime: roundTripTime, timeInState: timeInState,
            reason: why.map { Reason($0, names: names) }, boot: record.process.value,
            protocolVersions: record.core.protocolVersions)
    }
}

extension Member.Reason {
    /// "by n2: no ack in 180 ms, 3 of 3 relays failed, last heard 1.2 s ago; own health 0"
    init(_ why: Why, names: (NodeID) -> NodeAlias?) {
        let accusers = why.accusers.compactMap(names)
        var clauses: [String] = []
        switch why.evidence {
        case .ownProbe(let timeout, let asked, let answered, let stream):
            clauses.append("no ack in \(timeout.brief)")
            if asked > 0 { clauses.append("\(answered) of \(asked) relays failed") }
            switch stream {
            case .notTried: break
            case .refused: clauses.append("TCP refused")
            case .noAnswer: clauses.append("no answer by TCP")
            }
        case .processGone(let heartbeats):
            clauses.append("process gone: connection closed, knock refused")
            if heartbeats > 0 { clauses.append("\(heartbeats) heartbeats unanswered") }
        case .streamOnly: clauses.append("answers by TCP only, UDP is blocked")
        case .hearsay: break
        case .refuted: clauses.append("refuted the suspicion")
        case .acknowledged: clauses.append("answered a heartbeat")
        }
        switch why.evidence {
        case .ownProbe, .hearsay, .processGone:
            if let age = why.lastAckAge { clauses.append("last heard \(age.brief) ago") }
        case .refuted, .acknowledged, .streamOnly: break
        }
        var text = clauses.joined(separator: ", ")
        if !why.accusers.isEmpty {
            let spelled = why.accusers.map { names($0)?.text ?? $0.short }
            text = "by \(spelled.joined(separator: ", "))" + (text.isEmpty ? "" : ": \(text)")
        }
        text += text.isEmpty ? "own health \(why.ownHealth)" : "; own health \(why.ownHealth)"
        self.init(
            accusers: accusers, text: text, deadIn: why.deadline, tried: why.evidence.tried,
            lastHeard: why.lastAckAge, ownHealth: why.ownHealth,
            isProcessGone: why.isGone)
    }
}

extension Why.Evidence {
    fileprivate var tried: [Member.Reason.Way] {
        switch self {
        case .ownProbe(_, let relays, _, let stream):
            [.direct] + (relays > 0 ? [.relays] : []) + (stream == .notTried ? [] : [.stream])
        case .processGone: [.direct, .stream]
        case .hearsay, .refuted, .acknowledged, .streamOnly: []
        }
    }
}

extension Duration {
    /// "0.31 ms", "180 ms", "1.2 s", "4m12s".
    var brief: String {
        let microseconds = max(0, nanoseconds) / 1_000
        switch microseconds {
        case ..<10_000:
            let hundredths = microseconds / 10
            let fraction = hundredths % 100
            return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction) ms"
        case ..<1_000_000: return "\(microseconds / 1_000) ms"
        case ..<60_000_000: return "\(microseconds / 1_000_000).\(microseconds / 100_000 % 10) s"
        default:
            let seconds = microseconds / 1_000_000
            return "\(seconds / 60)m\(seconds % 60)s"
        }
    }
}
