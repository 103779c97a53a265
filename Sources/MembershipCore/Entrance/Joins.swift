import MembershipWire

/// Joins of ours that are under way, each in one of two stages.
///
/// One stream to any member brings the full peer list both ways (hello, hello-ack, join, peer list;
/// memberlist: push/pull join). Then heartbeats show that datagrams pass and that the views agree: with
/// four members, or with all where there are fewer. A join that took in its peer list succeeds; only its
/// outcome says what the heartbeats have shown.
struct Joins: Sendable {
    private struct Attempt: Sendable {
        let endpoint: Endpoint
        let startedAt: ClusterInstant
        /// Our key was retired, we were given the new ones, and tried again: once.
        var hasNewKeys = false
        var phase = Phase.stream

        func outcome(
            _ agreement: JoinAgreement, viewsAgree: Bool = false, living: Int,
            at now: ClusterInstant
        ) -> JoinOutcome {
            JoinOutcome(
                seed: agreement.seed, membersReceived: agreement.membersReceived,
                membersAlive: living, elapsed: now - startedAt, udpWorks: agreement.isAcknowledged,
                viewsAgree: viewsAgree,
                calledInVainBy: agreement.isAcknowledged ? [] : agreement.calledInVainBy)
        }
    }

    private enum Phase: Sendable {
        /// The stream is open.
        case stream
        /// The peer list is in.
        case heartbeats(JoinAgreement)
    }

    /// The next step of a join that is under way.
    enum Step: Sendable {
        /// Heartbeats go to the seed and to three others, of those that do not agree yet.
        case heartbeats(JoinAgreement)
        /// No heartbeat was acknowledged: a sync with the seed, which says whether we are accused.
        case question(seed: NodeID)
        case completed(JoinOutcome)
    }

    private var attempts: [UInt64: Attempt] = [:]
    private let configuration: CoreConfiguration

    init(_ configuration: CoreConfiguration) { self.configuration = configuration }

    var isEmpty: Bool { attempts.isEmpty }

    /// Whether one of them has a stream open and no peer list yet.
    var awaitsPeerList: Bool {
        attempts.values.contains { if case .stream = $0.phase { true } else { false } }
    }

    /// Whether one of them waits for views to agree: then differences are compared at once.
    var awaitsAgreement: Bool {
        attempts.values.contains { if case .heartbeats = $0.phase { true } else { false } }
    }

    /// False if this attempt is under way already.
    mutating func begin(_ attempt: UInt64, at endpoint: Endpoint, at now: ClusterInstant) -> Bool {
        guard attempts[attempt] == nil else { return false }
        attempts[attempt] = Attempt(endpoint: endpoint, startedAt: now)
        return true
    }

    /// False if there is no such attempt, or no more.
    mutating func fail(_ attempt: UInt64) -> Bool { attempts.removeValue(forKey: attempt) != nil }

    /// Ends all of them; returns which there were, in order.
    mutating func failAll() -> [UInt64] {
        defer { attempts.removeAll() }
        return attempts.keys.sorted()
    }

    /// Our key was retired while we were away, and the stream has brought the new ones: where to try
    /// once more. Nil if that was tried before.
    mutating func retryWithNewKeys(_ attempt: UInt64) -> Endpoint? {
        guard var retried = attempts[attempt], !retried.hasNewKeys else { return nil }
        retried.hasNewKeys = true
        attempts[attempt] = retried
        return retried.endpoint
    }

    /// The peer list is in: now by datagrams.
    mutating func beginHeartbeats(
        of attempt: UInt64, seed: NodeID, membersReceived: Int, at now: ClusterInstant
    ) {
        attempts[attempt]?.phase = .heartbeats(
            JoinAgreement(with: seed, membersReceived: membersReceived, configuration, at: now))
    }

    /// Another round of heartbeats, or the end of our patience. Nil if there is nothing to do.
    mutating func reachDeadline(of attempt: UInt64, living: Int, at now: ClusterInstant) -> Step? {
        guard let current = attempts[attempt], case .heartbeats(var agreement) = current.phase
        else {
            return nil
        }
        guard agreement.isOver(at: now) else { return .heartbeats(agreement) }
        if agreement.asksNow() {
            attempts[attempt]?.phase = .heartbeats(agreement)
            return .question(seed: agreement.seed)
        }
        attempts[attempt] = nil
        return .completed(current.outcome(agreement, living: living, at: now))
    }

    /// Members got no answer from us at the address that we state. Returns the joins that have waited for
    /// that, in order.
    mutating func noteCalledInVain(by members: [NodeID]) -> [UInt64] {
        var waiting: [UInt64] = []
        for attempt in attempts.keys.sorted() {
            guard case .heartbeats(var agreement) = attempts[attempt]?.phase else { continue }
            agreement.calledInVainBy = members
            attempts[attempt]?.phase = .heartbeats(agreement)
            if agreement.hasAsked { waiting.append(attempt) }
        }
        return waiting
    }

    /// A heartbeat of ours was acknowledged: every join under way counts it. Returns those that are
    /// complete now, in order.
    mutating func noteAck(
        from member: NodeID, agrees: Bool, living: Int, at now: ClusterInstant
    ) -> [(attempt: UInt64, outcome: JoinOutcome)] {
        var completed: [(attempt: UInt64, outcome: JoinOutcome)] = []
        for attempt in attempts.keys.sorted() {
            guard var current = attempts[attempt], case .heartbeats(var agreement) = current.phase
            else { continue }
            agreement.noteAck(from: member, agrees: agrees)
            current.phase = .heartbeats(agreement)
            if agreement.isReached(among: living) {
                attempts[attempt] = nil
                let outcome = current.outcome(agreement, viewsAgree: true, living: living, at: now)
                completed.append((attempt, outcome))
            } else {
                attempts[attempt] = current
            }
        }
        return completed
    }
}
