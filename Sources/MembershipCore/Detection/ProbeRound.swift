import MembershipWire

/// One member being probed: a direct heartbeat, then relays and a second heartbeat, then a TCP fallback
/// probe.
///
/// SWIM, section 4.1. `direct` lasts t1, `indirect` half of the usual t2, `tcp` the rest of t2: another
/// half, or longer for a slow member. An answer at any time ends the round.
struct ProbeRound: Sendable {
    enum Phase: Sendable {
        /// It has not begun yet.
        case waiting
        case direct
        case indirect
        case tcp
    }

    /// The incarnation we probe; a newer one makes the round void, if the member is one that answers us.
    let incarnation: Incarnation
    /// Whether the member had answered us before: only then can its silence mean that we do not receive.
    let wasAnswering: Bool
    /// It is dead to us: the round only shows whether it answers.
    let isOfDead: Bool
    /// t1 of this round, for the why-trail.
    let directTimeout: Duration
    /// t2 of a member that is not slow.
    let usualIndirectTimeout: Duration
    var phase: Phase
    /// The requests to relays, by the sequence of the frame, each with the member that was asked.
    var relays: [(sequence: UInt64, relay: NodeID)] = []
    private(set) var token: RelayToken?
    var nacks = 0
    /// Indirect rounds begun.
    private(set) var indirectRounds = 0
    /// The result of the TCP fallback probe so far.
    var streamAttempt = Why.StreamAttempt.notTried

    init(
        _ target: Prober.Target, phase: Phase, directTimeout: Duration,
        _ configuration: CoreConfiguration
    ) {
        self.incarnation = target.record.incarnation
        self.wasAnswering = target.isAnswering
        self.isOfDead = target.isDead
        self.phase = phase
        self.directTimeout = directTimeout
        self.usualIndirectTimeout = max(directTimeout * 2, configuration.shortestIndirectTimeout)
    }

    /// t2; a member that was slow recently gets more time.
    func indirectTimeout(isSlow: Bool, _ configuration: CoreConfiguration) -> Duration {
        isSlow ? configuration.indirectTimeoutOfSlow : usualIndirectTimeout
    }

    /// Returns the token of the round, which is made once.
    mutating func beginIndirect(_ makeToken: () -> RelayToken) -> RelayToken {
        phase = .indirect
        indirectRounds += 1
        let token = token ?? makeToken()
        self.token = token
        return token
    }

    /// Whether all relays have said "no answer". A silent relay hints that it is we who hear
    /// badly.
    var isAnsweredByAllRelays: Bool { !relays.isEmpty && nacks >= relays.count }

    /// The evidence that the failure of this round rests on.
    var evidence: Why.Evidence {
        .ownProbe(
            directTimeout: directTimeout, relaysAsked: relays.count, relaysAnswered: nacks,
            stream: streamAttempt)
    }
}
