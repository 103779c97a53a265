import MembershipWire

/// Heartbeats and their acks: is each member still there?
///
/// Once a period one member is sent a heartbeat (`ProbeSchedule` says which). No ack within t1: three
/// other members are asked for an indirect probe, and we try once more ourselves. Still nothing after half
/// of t2: a TCP fallback probe. No answer of any kind within t2: the probe has failed. SWIM, section 4.1
/// and 4.3; Lifeguard, section IV.A.
///
/// Invariant: at most one round a member. Whether a silence counts against the member or against us is
/// decided by `LinkHealth`.
struct Prober: Sendable {
    private let own: NodeID
    private let configuration: CoreConfiguration
    private var schedule: ProbeSchedule
    private var rounds: [NodeID: ProbeRound] = [:]
    /// Heartbeats of ours that may still be answered, by their sequence.
    private var heartbeats: [UInt64: OpenHeartbeat] = [:]
    private(set) var link: LinkHealth
    /// Of all heartbeats that were acknowledged.
    private(set) var roundTrips = DurationHistogram(.roundTrip)
    var pace: OwnPace
    /// The probes that other members have asked us for.
    var relaying: RelayTasks

    init(own: NodeID, _ configuration: CoreConfiguration) {
        self.own = own
        self.configuration = configuration
        self.schedule = ProbeSchedule(unansweringProbes: configuration.unansweringProbes)
        self.link = LinkHealth(configuration)
        self.pace = OwnPace(configuration)
        self.relaying = RelayTasks(configuration)
    }

    // MARK: Periods

    /// The members to send a heartbeat in this period.
    struct Turns: Sendable {
        /// The member whose probe begins.
        let probed: MemberRecord?
        /// An unanswering one beside it, where they are many.
        let unanswering: MemberRecord?
        /// A dead one: an answer means that a split has healed.
        let dead: MemberRecord?
    }

    mutating func beginPeriod(
        in table: MemberTable, using random: inout RandomSource
    ) -> Turns {
        let probed = schedule.next(in: table, except: own, using: &random)
        return Turns(
            probed: probed, unanswering: unanswering(in: table, using: &random),
            dead: dead(in: table, using: &random))
    }

    /// Where the circle has no unanswering members, one of them is probed beside it.
    private func unanswering(
        in table: MemberTable, using random: inout RandomSource
    ) -> MemberRecord? {
        guard table.isMixed(configuration.unansweringProbes) else { return nil }
        return table.sample(1, except: own, among: .unanswering, using: &random) { _, _ in true }
            .first
    }

    /// Whether one more member may be probed, beside the schedule, that has not answered us: such probes
    /// take relays from others.
    var hasRoomForLook: Bool {
        rounds.values.lazy.filter { !$0.wasAnswering }.count < configuration.looksAtOnce
    }

    mutating func nextPeriod(after now: ClusterInstant, in table: MemberTable) -> ClusterInstant {
        schedule.nextMoment(after: now, period: configuration.period, in: table, seenFrom: own)
    }

    /// Returns whether the next period must be planned again.
    mutating func setClock(unixOffset: Int64) -> Bool {
        schedule.setClock(unixOffset: unixOffset, jump: configuration.clockJump)
    }

    mutating func add(_ newcomer: NodeID, using random: inout RandomSource) {
        schedule.insert(newcomer, using: &random)
    }

    /// Now and then one of the dead: the more there are, the more often.
    private func dead(
        in table: MemberTable, using random: inout RandomSource
    ) -> MemberRecord? {
        let (dead, alive) = (table.count(.dead), table.countedCount)
        guard dead > 0, random.chance(min(dead, alive), in: configuration.deadCallPeriods * alive)
        else { return nil }
        let wanted = random.below(dead)
        var seen = 0
        for index in 0..<table.count where table.state(at: index) == .dead {
            if seen == wanted { return table.entry(at: index).record }
            seen += 1
        }
        return nil
    }

    // MARK: Rounds

    /// A member to probe, and what it is to us.
    struct Target: Sendable {
        let record: MemberRecord
        /// It has answered us before, and since it was last doubted.
        let isAnswering: Bool
        let isDead: Bool
    }

    /// Begins to probe a member. Returns when `reachDeadline` is to be called: after t1, or after `delay` if
    /// the probe is to begin only then; nil if the member is being probed already.
    mutating func begin(
        _ target: Target, _ reachability: Reachability, after delay: Duration = .zero
    ) -> Duration? {
        guard rounds[target.record.id] == nil else { return nil }
        let timeout = directTimeout(reachability)
        rounds[target.record.id] = ProbeRound(
            target, phase: delay > .zero ? .waiting : .direct, directTimeout: timeout,
            configuration)
        return delay > .zero ? delay : timeout
    }

    /// t1 = 4 median round trips + 30 ms, within bounds; stretched while we are unwell.
    func directTimeout(_ reachability: Reachability) -> Duration {
        guard let roundTrip = reachability.medianRoundTrip ?? link.typicalRoundTrip else {
            return configuration.longestDirectTimeout
        }
        let timeout = link.stretched(
            roundTrip * configuration.roundTripsInTimeout + configuration.timeoutMargin)
        return min(
            max(timeout, configuration.shortestDirectTimeout), configuration.longestDirectTimeout)
    }

    /// The next step of a round.
    enum Step: Sendable {
        /// The member is gone, or its present life is another one: the round means nothing.
        case void
        /// The round begins only now, with a heartbeat.
        case direct(MemberRecord, until: ClusterInstant)
        /// These are asked for an indirect probe, and the target gets a second heartbeat.
        case indirect(IndirectProbe, until: ClusterInstant)
        case tcpProbe(of: MemberRecord, until: ClusterInstant)
        /// No answer of any kind.
        case failed(MemberRecord, Why.Evidence)
        /// A dead member that states that it lives has not answered.
        case unanswered(MemberRecord)
        /// No answer either, but it may be our own fault: no accusation.
        case failedByOurFault
    }

    struct IndirectProbe: Sendable {
        let target: MemberRecord
        let relays: [MemberRecord]
        let token: RelayToken
        let timeoutMilliseconds: UInt16
    }

    /// t1 or a half of t2 is over.
    mutating func reachDeadline(
        of target: NodeID, isSlow: Bool, in table: MemberTable,
        by authenticator: any StatementAuthenticator, using random: inout RandomSource,
        at now: ClusterInstant
    ) -> Step {
        guard var round = rounds[target], let entry = table[target],
            isMeaningful(round, for: entry)
        else {
            rounds[target] = nil
            return .void
        }
        switch round.phase {
        case .waiting:
            round.phase = .direct
            rounds[target] = round
            return .direct(entry.record, until: now + round.directTimeout)
        case .tcp where !mayTryAgain(round):
            rounds[target] = nil
            return fail(entry, round, at: now)
        case .direct, .tcp:
            let token = round.beginIndirect { Self.makeToken(by: authenticator, using: &random) }
            let relays = table.sampleCounted(configuration.relays, except: own, using: &random) {
                $0 != target && $1 == .alive
            }
            rounds[target] = round
            let timeout = round.indirectTimeout(isSlow: isSlow, configuration)
            let probe = IndirectProbe(
                target: entry.record, relays: relays, token: token,
                timeoutMilliseconds: UInt16(
                    clamping: timeout.milliseconds * Int64(configuration.nackPercent) / 100))
            return .indirect(probe, until: now + round.usualIndirectTimeout / 2)
        case .indirect:
            round.phase = .tcp
            rounds[target] = round
            // Slow members are tried by TCP no later than others: if the process is gone, its machine refuses.
            let rest =
                round.indirectTimeout(isSlow: isSlow, configuration) - round.usualIndirectTimeout
                / 2
            return .tcpProbe(of: entry.record, until: now + rest)
        }
    }

    /// A newer incarnation of a member that answers us says that it has just spoken. That of any other is
    /// a word, and would end every probe of a member that says many.
    private func isMeaningful(_ round: ProbeRound, for entry: MemberTable.Entry) -> Bool {
        guard entry.state.isLiving || entry.state == .dead && round.isOfDead else { return false }
        return !round.wasAnswering || entry.record.incarnation == round.incarnation
    }

    private static func makeToken(
        by authenticator: any StatementAuthenticator, using random: inout RandomSource
    ) -> RelayToken {
        var bytes: [UInt8] = []
        bytes.append(bigEndian: random.next())
        bytes.append(bigEndian: random.next())
        return authenticator.makeRelayToken(RelayToken(Octets16(bytes: bytes) ?? Octets16()))
    }

    /// Where much gets lost, one silence proves little.
    private func mayTryAgain(_ round: ProbeRound) -> Bool {
        link.isLossy && round.indirectRounds < configuration.indirectRoundsUnderLoss
    }

    private mutating func fail(
        _ target: MemberTable.Entry, _ round: ProbeRound, at now: ClusterInstant
    ) -> Step {
        guard target.state.isLiving else { return .unanswered(target.record) }
        // Where no member has ever answered, the silence of new ones is all there is to judge by.
        if round.wasAnswering || link.newestAnswered == nil {
            link.noteFailure(
                of: target.record.id, isHeardByRelays: round.isAnsweredByAllRelays, at: now)
        }
        let mayAccuse = link.mayAccuse(at: now)
        return mayAccuse ? .failed(target.record, round.evidence) : .failedByOurFault
    }

    /// A request for an indirect probe has gone out under this sequence.
    mutating func noteRequest(_ sequence: UInt64, to relay: NodeID, about target: NodeID) {
        rounds[target]?.relays.append((sequence, relay))
    }

    /// A TCP fallback probe is under way.
    mutating func noteTCPProbe(of target: NodeID) { rounds[target]?.streamAttempt = .noAnswer }

    /// The machine of the member says that no process listens there. Returns the time within which
    /// the round ends for a member that is not slow.
    mutating func noteRefusal(of target: NodeID) -> Duration? {
        guard let round = rounds[target] else { return nil }
        rounds[target]?.streamAttempt = .refused
        return round.usualIndirectTimeout / 2
    }

    mutating func forget(_ target: NodeID) { rounds[target] = nil }

    /// Ends all rounds. Returns the deadlines that mean nothing any more.
    mutating func stop() -> [DeadlineTable.Purpose] {
        defer { rounds.removeAll() }
        return rounds.keys.map { .probe($0) }
    }

    /// A timer came far too late: the process was stopped or starved. The world was not silent, we were; so
    /// what we were waiting for proves nothing. Returns the deadlines that mean nothing any more.
    mutating func oversleep(at now: ClusterInstant) -> [DeadlineTable.Purpose] {
        link.oversleep(at: now)
        return stop() + relaying.stop()
    }

    // MARK: Answers

    mutating func noteHeartbeat(
        _ sequence: UInt64, to target: MemberRecord, at now: ClusterInstant
    ) {
        heartbeats[sequence] = OpenHeartbeat(target: target.id, boot: target.boot, sentAt: now)
    }

    /// Whether several heartbeats have gone unanswered in the last seconds, and none that was sent since
    /// the first of them was answered. After a pause of this process there are fewer.
    func isUnheard(at now: ClusterInstant) -> Bool {
        heartbeats.values.lazy.filter {
            $0.sentAt > link.newestAnswered ?? .origin
                && now - $0.sentAt >= configuration.longestDirectTimeout
        }.count >= configuration.unheardHeartbeats
    }

    mutating func dropStaleHeartbeats(at now: ClusterInstant) {
        guard !heartbeats.isEmpty else { return }
        heartbeats = heartbeats.filter {
            now - $0.value.sentAt <= configuration.openHeartbeatAge
        }
    }

    /// An ack, if it belongs to a heartbeat that we sent to this boot.
    enum Ack: Sendable {
        case ignored(IgnoredReason)
        /// `isOurPaceSlow`: so many answers come late that it is we who are slow.
        case accepted(isOurPaceSlow: Bool)
    }

    /// When a heartbeat was sent that may still be answered.
    func sentAt(of sequence: UInt64) -> ClusterInstant? { heartbeats[sequence]?.sentAt }

    mutating func receiveAck(
        of sequence: UInt64, from sender: MemberRecord, isCounted: Bool,
        _ reachability: inout Reachability, at now: ClusterInstant
    ) -> Ack {
        guard let open = heartbeats[sequence] else { return .ignored(.lateAck) }
        guard open.target == sender.id, open.boot == sender.boot else {
            return .ignored(.forgedAck)
        }
        heartbeats[sequence] = nil
        let roundTrip = now - open.sentAt
        roundTrips.note(roundTrip)
        link.noteAck(ofHeartbeatSentAt: open.sentAt, roundTrip: roundTrip)
        reachability.note(roundTrip: roundTrip)
        // How long it took: is it they who are slow, or we?
        guard roundTrip > configuration.slowAnswer else {
            pace.noteQuickAnswer()
            return .accepted(isOurPaceSlow: false)
        }
        reachability.slowness.remember(until: now + configuration.slownessMemory)
        return .accepted(isOurPaceSlow: isCounted && pace.noteLateAnswer(from: sender.id))
    }

    /// Why the answer of a relay is not the target's own proof; nil if it is.
    func refusal(
        of proof: RelayProof, from relay: NodeID, echoing sequence: UInt64, about target: NodeID,
        in table: MemberTable, by authenticator: any StatementAuthenticator
    ) -> IgnoredReason? {
        guard let round = rounds[target], let token = round.token, let entry = table[target],
            round.relays.contains(where: { $0.sequence == sequence && $0.relay == relay })
        else { return .lateAck }
        return authenticator.isValid(proof, of: token, by: entry.record.core.bootKey)
            ? nil : .badRelayProof
    }

    /// A relay has had no answer either, or was too busy to try. "Busy" does not show whether we receive: any
    /// member can keep relays busy. Returns false if we did not ask it.
    mutating func noteNack(
        from relay: NodeID, echoing sequence: UInt64, about target: NodeID, hasTried: Bool = true
    ) -> Bool {
        guard
            let index = rounds[target]?.relays.firstIndex(where: {
                $0.sequence == sequence && $0.relay == relay
            })
        else { return false }
        // Counted once: a second nack to the same request finds another sequence.
        rounds[target]?.relays[index].sequence = 0
        if hasTried { rounds[target]?.nacks += 1 }
        return true
    }

    /// A member has answered us: itself, through a relay that could not have made it up, or by TCP.
    struct Answer: Sendable {
        let endsProbe: Bool
        /// A silence of all members is over that was so long that it was our own link.
        let endsSilence: Bool
    }

    mutating func noteAnswer(
        of member: NodeID, _ reachability: inout Reachability, at now: ClusterInstant
    ) -> Answer {
        reachability.note(answerAt: now)
        let round = rounds.removeValue(forKey: member)
        let endsSilence = link.noteAnswer(
            toProbe: round != nil, isLate: (round?.indirectRounds ?? 0) > 0, at: now)
        return Answer(endsProbe: round != nil, endsSilence: endsSilence)
    }

    /// We had to refute.
    mutating func noteRefutation() { link.worsen() }

    /// Whether a new statement of a member that we suspect, or that was dead to us, shows that it needed
    /// long for it. Where a quarter of all were dead it was the network that was slow, not they.
    func isLate(
        _ record: MemberRecord, over known: MemberTable.Entry, suspectedAt: ClusterInstant?,
        in table: MemberTable, at now: ClusterInstant
    ) -> Bool {
        guard record.standing == .alive, record.boot == known.record.boot else { return false }
        let patience = configuration.shortestSuspicion * configuration.lateRefutationPercent / 100
        return switch known.state {
        case .suspect: suspectedAt.map { now - $0 > patience } ?? false
        case .dead: table.count(.dead) * 100 < table.count * configuration.massDeathPercent
        case .alive, .left: false
        }
    }
}

/// A heartbeat of ours that may still be answered.
private struct OpenHeartbeat: Sendable {
    let target: NodeID
    let boot: BootID
    let sentAt: ClusterInstant
}
