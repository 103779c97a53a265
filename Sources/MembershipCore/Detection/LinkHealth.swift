import MembershipWire

/// How well we hear: is a silence the others' fault, or our own?
///
/// Four signs that it is ours: our local health is bad (Lifeguard, section IV.A), several members in a
/// row were silent, many first heartbeats go unanswered, or we have just overslept.
struct LinkHealth: Sendable {
    private var local: LocalHealth
    private var failures: FailureRun
    private var loss: LossEstimate
    /// Until then we neither accuse nor declare dead: we have just overslept.
    private var graceUntil = ClusterInstant.origin
    /// When the youngest heartbeat that was answered had been sent.
    private(set) var newestAnswered: ClusterInstant?
    /// A running mean over all members.
    private(set) var typicalRoundTrip: Duration?
    private let patience: Duration
    private let graceAfterSleep: Duration
    private let roundTripMemory: Int

    init(_ configuration: CoreConfiguration) {
        local = LocalHealth(configuration)
        failures = FailureRun(configuration)
        loss = LossEstimate(configuration)
        patience = configuration.ownLinkPatience(
            longestSuspicion: configuration.longestSuspicion)
        graceAfterSleep = configuration.graceAfterSleep
        roundTripMemory = configuration.roundTripMemory
    }

    /// Lifeguard's local health: 0 is well, 8 the worst.
    var score: Int { local.score }
    func stretched(_ timeout: Duration) -> Duration { local.stretched(timeout) }
    var isLossy: Bool { loss.isHigh }
    /// Several members in a row were silent: it is our own link.
    var isDown: Bool { failures.isOwnFault }

    /// The end of the grace after a late wake-up, if that is still to come.
    func grace(at now: ClusterInstant) -> ClusterInstant? { now < graceUntil ? graceUntil : nil }

    /// Since when our own timers have been punctual.
    var awakeSince: ClusterInstant { graceUntil + (.zero - graceAfterSleep) }

    /// Whether a failed probe counts against the member. If all are silent it is our own link, until that has
    /// lasted longer than most broken links last: then no other is left, and the last of them must be
    /// missed too.
    func mayAccuse(at now: ClusterInstant) -> Bool {
        guard grace(at: now) == nil else { return false }
        return !isDown || now - failures.startedAt >= patience
    }

    mutating func worsen() { local.worsen() }

    mutating func noteFailure(of target: NodeID, isHeardByRelays: Bool, at now: ClusterInstant) {
        if !isHeardByRelays { local.worsen() }
        failures.note(target, at: now)
    }

    mutating func noteAck(ofHeartbeatSentAt sent: ClusterInstant, roundTrip: Duration) {
        newestAnswered = max(newestAnswered ?? sent, sent)
        typicalRoundTrip =
            typicalRoundTrip.map { ($0 * (roundTripMemory - 1) + roundTrip) / roundTripMemory }
            ?? roundTrip
    }

    /// A member has answered, perhaps a probe, perhaps only after its first heartbeat went unanswered.
    /// Returns whether this ends a silence so long that what we hold against others was our own fault.
    mutating func noteAnswer(toProbe: Bool, isLate: Bool, at now: ClusterInstant) -> Bool {
        if toProbe {
            loss.note(isLost: isLate)
            local.improve()
        }
        return failures.end(at: now)
    }

    mutating func oversleep(at now: ClusterInstant) {
        graceUntil = now + graceAfterSleep
        _ = failures.end(at: now)
    }
}

/// Distinct members whose probes failed since any member last answered: three in a row are a sign that
/// it is our own link.
struct FailureRun: Sendable {
    private(set) var targets: [NodeID] = []
    private(set) var startedAt = ClusterInstant.origin

    private let ownFault: Int
    private let restart: (members: Int, silence: Duration)

    init(_ configuration: CoreConfiguration) {
        ownFault = configuration.ownFaultRun
        restart = (configuration.restartRun, configuration.restartSilence)
    }

    var isOwnFault: Bool { targets.count >= ownFault }

    mutating func note(_ target: NodeID, at now: ClusterInstant) {
        if targets.isEmpty { startedAt = now }
        if targets.count < max(ownFault, restart.members), !targets.contains(target) {
            targets.append(target)
        }
    }

    /// Ends the run. True if it was so long that what we hold against others was our own fault.
    mutating func end(at now: ClusterInstant) -> Bool {
        let wasLong = targets.count >= restart.members && now - startedAt >= restart.silence
        targets.removeAll()
        return wasLong
    }
}

/// How many heartbeats to members that live go unanswered at first: the loss of our links, there and
/// back. A running mean over some sixteen answers, in thousandths.
struct LossEstimate: Sendable {
    private(set) var thousandths = 0
    private let memory: Int
    private let high: Int

    init(_ configuration: CoreConfiguration) {
        memory = configuration.lossMemory
        high = configuration.highLossPercent * 10
    }

    mutating func note(isLost: Bool) { thousandths += ((isLost ? 1000 : 0) - thousandths) / memory }

    /// 15 % there and back is 8 % one way: one silence proves little there.
    var isHigh: Bool { thousandths > high }
}
