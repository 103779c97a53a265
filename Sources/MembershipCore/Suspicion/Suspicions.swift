import MembershipWire

/// The members that we suspect or have declared dead, and on which evidence.
///
/// SWIM, section 4.2: a member that does not answer is suspected first; all members learn of it, and it
/// can refute by a higher incarnation. Lifeguard, section IV.B: the deadline comes closer with each
/// independent accuser. At the deadline two others are asked whether they know better (the final check).
/// Then the member is declared dead by a verdict (SWIM's confirm), which carries the accusers' signatures.
///
/// A verdict of another member alone never makes a member dead. We believe it only about a member that we
/// suspect ourselves, with evidence that we have checked, and never before the accused had time to refute.
struct Suspicions: Sendable {
    private let own: NodeID
    private let configuration: CoreConfiguration
    private var open: [NodeID: Suspicion] = [:]
    /// The verdicts of the members that are dead to us.
    private(set) var verdicts: [NodeID: DeadStatement] = [:]
    /// Dead members whose verdict came in a list with unchecked accusations: in a datagram these would count
    /// against us (`SenderAccounts`).
    private var uncheckedVerdicts: Set<NodeID> = []
    /// The senders whose verdicts made us probe a member, by that member.
    private var tellers: [NodeID: NodeID] = [:]
    private var tellerTrust: AccuserTrust
    /// The reasons for the states of members without an open suspicion.
    private var reasons: [NodeID: Why] = [:]
    private var trust: AccuserTrust
    /// The accusers that a member has refuted without ever having answered us: nothing shows yet that
    /// they were wrong. As many as a verdict names, at most, for each member that we know.
    private var unconfirmed: [NodeID: [NodeID]] = [:]
    /// When we last sent heartbeats only to check whether any member answers.
    private var lastListening: ClusterInstant?

    init(own: NodeID, _ configuration: CoreConfiguration) {
        self.own = own
        self.configuration = configuration
        self.trust = AccuserTrust(configuration)
        self.tellerTrust = AccuserTrust(configuration)
    }

    // MARK: Accusing

    /// Our own probe of `target` has failed.
    mutating func accuse(
        _ target: MemberRecord, _ evidence: Why.Evidence, isSlow: Bool, in table: MemberTable,
        by authenticator: any StatementAuthenticator, at now: ClusterInstant
    ) -> Held? {
        let accusation = authenticator.accusation(of: target, by: own)
        return count(
            accusation, against: target, evidence, isSlow: isSlow, in: table, mustProbe: false,
            at: now)
    }

    /// SUSPECT: if it counts it is up to `hear`.
    func weigh(_ statement: SuspectStatement, on target: MemberTable.Entry) -> Weight {
        guard statement.incarnation >= target.record.incarnation else {
            return .outdated(accuser: statement.accuser)
        }
        guard statement.incarnation == target.record.incarnation,
            statement.corePrefix == target.record.coreHash.prefix
        else { return .ignored(.aheadOfUs) }
        // Our own accusation comes back to us from all members.
        guard target.state.isLiving, statement.accuser != own else { return .nothing }
        return .counts
    }

    /// The accusation of another member, in a separate statement or as part of a verdict. Novelty
    /// and bounds are checked first, the signature second.
    ///
    /// On the first accusation six members on average probe the accused themselves, so that a real crash
    /// finds its accusers within milliseconds.
    mutating func hear(
        _ accusation: DeadStatement.Accusation, against target: MemberRecord, isSlow: Bool,
        in table: MemberTable, by authenticator: any StatementAuthenticator,
        using random: inout RandomSource, at now: ClusterInstant,
        counting counters: inout CoreCounters
    ) -> Held? {
        guard
            isNewAndValid(
                accusation, against: target, in: table, by: authenticator, at: now,
                counting: &counters)
        else { return nil }
        let mustProbe =
            open[target.id] == nil
            && random.chance(
                configuration.witnesses, in: max(1, table.countedCount))
        return count(
            accusation, against: target, .hearsay, isSlow: isSlow, in: table, mustProbe: mustProbe,
            at: now)
    }

    private func isNewAndValid(
        _ accusation: DeadStatement.Accusation, against target: MemberRecord,
        in table: MemberTable, by authenticator: any StatementAuthenticator,
        at now: ClusterInstant, counting counters: inout CoreCounters
    ) -> Bool {
        if let suspicion = open[target.id], !suspicion.wouldStrengthen(accusation.accuser) {
            return false
        }
        guard accusation.accuser != target.id, let accuser = table[accusation.accuser],
            accuser.state != .left
        else {
            counters.count(.unknownAccuser)
            return false
        }
        guard trust.counts(accuser.record.id, against: target.id, in: table, at: now) else {
            counters.count(.discountedAccuser)
            return false
        }
        let count = open.values.lazy.filter {
            !$0.isRepeated && $0.isAccused(by: accusation.accuser)
        }.count
        guard count < Bounds.accusationsPerAccuser else {
            counters.count(.tooManyAccusations)
            return false
        }
        counters.noteCheck()
        guard authenticator.isSigned(accusation, by: accuser.record, against: target) else {
            counters.count(.badSignature)
            return false
        }
        return true
    }

    /// Holds one more checked accusation.
    private mutating func count(
        _ accusation: DeadStatement.Accusation, against target: MemberRecord,
        _ evidence: Why.Evidence, isSlow: Bool, in table: MemberTable, mustProbe: Bool,
        at now: ClusterInstant
    ) -> Held? {
        var suspicion =
            open[target.id] ?? suspicion(of: target, evidence, isSlow: isSlow, in: table, at: now)
        guard suspicion.wouldStrengthen(accusation.accuser) else { return nil }
        suspicion.strengthen(by: accusation)
        return hold(suspicion, of: target, accusation, mustProbe: mustProbe, at: now)
    }

    /// Hearsay about a member that is alive to us counts no accuser: we probe the member.
    mutating func suspectOnHearsay(
        _ target: MemberRecord, isSlow: Bool, in table: MemberTable, mustProbe: Bool = true,
        at now: ClusterInstant
    ) -> Held? {
        guard open[target.id] == nil else { return nil }
        let suspicion = suspicion(of: target, .hearsay, isSlow: isSlow, in: table, at: now)
        return hold(suspicion, of: target, nil, mustProbe: mustProbe, at: now)
    }

    private func suspicion(
        of target: MemberRecord, _ evidence: Why.Evidence, isSlow: Bool, in table: MemberTable,
        at now: ClusterInstant
    ) -> Suspicion {
        Suspicion(
            of: target, evidence, isSlow: isSlow,
            counted: Self.counted(in: table, with: target.id),
            isRepeated: table.isUnanswering(target.id), configuration, at: now)
    }

    /// Whether an accusation of `target` by `accuser` counts.
    func trusts(
        _ accuser: NodeID, against target: NodeID, in table: MemberTable, at now: ClusterInstant
    ) -> Bool {
        trust.counts(accuser, against: target, in: table, at: now)
    }

    func isAccused(_ target: NodeID, by accuser: NodeID) -> Bool {
        open[target]?.isAccused(by: accuser) ?? false
    }

    /// The verdict about a suspect as it would be now; nil for any other member.
    func verdict(on target: MemberRecord) -> DeadStatement? {
        open[target.id]?.verdict(on: target)
    }

    /// The members from which a quorum is computed: those that answer, and the accused.
    private static func counted(in table: MemberTable, with accused: NodeID) -> Int {
        table.countedCount + (table.isCounted(accused) ? 0 : 1)
    }

    /// A suspected member states a newer incarnation and is not believed: see `Answers`.
    mutating func carryOver(to record: MemberRecord) {
        open[record.id]?.carryOver(to: record.incarnation)
    }

    private mutating func hold(
        _ suspicion: Suspicion, of target: MemberRecord, _ voice: DeadStatement.Accusation?,
        mustProbe: Bool, at now: ClusterInstant
    ) -> Held {
        open[target.id] = suspicion
        // After the final check there is time for an answer, whichever other member accuses.
        let deadline = suspicion.finalCheck == nil ? max(suspicion.deadline, now) : nil
        return Held(target: target, deadline: deadline, voice: voice, mustProbe: mustProbe)
    }

    // MARK: Taking back

    /// The member has answered us. Nil if we do not suspect it.
    mutating func withdraw(from member: NodeID, at now: ClusterInstant) -> Withdrawal? {
        guard var suspicion = open[member] else { return nil }
        for accuser in suspicion.takeOvertaken() where accuser != own {
            trust.noteRefutation(of: accuser, by: member, at: now)
        }
        suspicion.withdraw(own)
        // A suspicion that is cleared is kept until `noteState`: the member can still be shown what
        // was held against it.
        guard !suspicion.accusations.isEmpty else { return .cleared }
        open[member] = suspicion
        return .othersAccuse(deadline: suspicion.deadline)
    }

    /// A long silence of all members has ended: it was our own link, and our suspicions mean nothing.
    /// Returns their new deadlines.
    mutating func restartOwn(
        at now: ClusterInstant
    ) -> [(target: NodeID, deadline: ClusterInstant)] {
        open.keys.sorted().compactMap { target in
            guard var suspicion = open[target], suspicion.isAccused(by: own) else { return nil }
            suspicion.restart(at: now)
            open[target] = suspicion
            return (target, suspicion.deadline)
        }
    }

    /// This member no longer deserves more patience than others. Returns the
    /// deadline of its suspicion if that has changed.
    mutating func endPatience(with member: NodeID, at now: ClusterInstant) -> ClusterInstant? {
        guard var suspicion = open[member] else { return nil }
        suspicion.shorten(
            to: configuration.shortestSuspicion, longest: configuration.longestSuspicion)
        open[member] = suspicion
        return suspicion.finalCheck == nil ? max(suspicion.deadline, now) : nil
    }

    /// The member's state has changed. Returns whether that has ended a suspicion.
    mutating func noteState(_ state: MemberState, of member: NodeID, why: Why?) -> Bool {
        let hasEnded = state != .suspect && open.removeValue(forKey: member) != nil
        if state != .dead { dropVerdict(on: member) }
        if state != .suspect { tellers[member] = nil }
        reasons[member] = why
        return hasEnded
    }

    /// A suspected member, or one just declared dead, has refuted by this record: its accusers were wrong.
    /// A member that has restarted refutes nothing: it was gone; nor does one that has been away for long.
    mutating func noteRefutation(
        by record: MemberRecord, over known: MemberTable.Entry, hasAnswered: Bool,
        at now: ClusterInstant
    ) {
        guard record.standing == .alive, record.incarnation > known.record.incarnation,
            known.record.boot == record.boot
        else { return }
        let accusers: [NodeID]
        if let suspicion = open[record.id] {
            accusers = suspicion.accusers
        } else if let verdict = verdicts[record.id],
            now - known.since < configuration.longestSuspicion
        {
            accusers = verdict.accusations.map(\.accuser)
        } else {
            return
        }
        for accuser in accusers where accuser != own {
            if hasAnswered {
                trust.noteRefutation(of: accuser, by: record.id, at: now)
            } else if unconfirmed[record.id, default: []].count < Bounds.accusersInDead {
                unconfirmed[record.id, default: []].append(accuser)
            }
        }
    }

    // MARK: The deadline

    /// The time to refute is over; nil if there is no such suspicion.
    mutating func reachDeadline(
        of target: MemberTable.Entry, _ heard: Suspicion.Heard, in table: MemberTable,
        using random: inout RandomSource, at now: ClusterInstant
    ) -> Step? {
        guard let suspicion = open[target.record.id] else { return nil }
        if let later = suspicion.postponement(heard, configuration, at: now) {
            return .wait(until: later)
        }
        guard let check = suspicion.finalCheck else {
            return beginFinalCheck(of: target, suspicion, in: table, using: &random, at: now)
                ?? .dead(suspicion.verdict(on: target.record))
        }
        guard suspicion.mayEnd(after: check, heard, configuration, at: now) else {
            return listen(beforeVerdictOn: target.record.id, in: table, using: &random, at: now)
        }
        return .dead(suspicion.verdict(on: target.record))
    }

    /// Before a verdict two others are asked: perhaps only we have missed the refutation. Nil if there is
    /// no other.
    private mutating func beginFinalCheck(
        of target: MemberTable.Entry, _ suspicion: Suspicion, in table: MemberTable,
        using random: inout RandomSource, at now: ClusterInstant
    ) -> Step? {
        let id = target.record.id
        let others = membersToAsk(about: id, suspicion, in: table, using: &random)
        guard !others.isEmpty, let accusation = accusation(against: target) else { return nil }
        open[id]?.finalCheck = now
        return .finalCheck(
            asking: others, accusation, mustProbe: suspicion.accusations.count < suspicion.quorum)
    }

    /// Those that have not accused the member; any two, if all have.
    private func membersToAsk(
        about target: NodeID, _ suspicion: Suspicion, in table: MemberTable,
        using random: inout RandomSource
    ) -> [MemberRecord] {
        let others = table.sample(
            configuration.finalCheckMembers, except: own, among: .counted, using: &random
        ) {
            $1 == .alive && $0 != target && !suspicion.isAccused(by: $0)
        }
        guard others.isEmpty else { return others }
        return table.sampleCounted(
            configuration.finalCheckMembers, except: own, using: &random
        ) {
            $1 == .alive && $0 != target
        }
    }

    /// No member has answered since the final check: two more are asked, however many verdicts wait for it.
    private mutating func listen(
        beforeVerdictOn target: NodeID, in table: MemberTable, using random: inout RandomSource,
        at now: ClusterInstant
    ) -> Step {
        let pause = configuration.listeningPause
        if let last = lastListening, now - last < pause { return .wait(until: now + pause) }
        lastListening = now
        let others = table.sampleCounted(
            configuration.listeningMembers, except: own, using: &random
        ) {
            $1 == .alive && $0 != target
        }
        return .listen(to: others, until: now + pause)
    }

    // MARK: Verdicts

    /// DEAD: a verdict of another member. Its accusations count like any other.
    func weigh(
        _ verdict: DeadStatement, on target: MemberTable.Entry, lastAck: ClusterInstant?,
        isFromSync: Bool, from teller: NodeID, in table: MemberTable,
        by authenticator: any StatementAuthenticator,
        at now: ClusterInstant, counting counters: inout CoreCounters
    ) -> Weight {
        guard verdict.incarnation >= target.record.incarnation else {
            return .outdated(accuser: verdict.accusations.first?.accuser)
        }
        guard verdict.incarnation == target.record.incarnation,
            verdict.corePrefix == target.record.coreHash.prefix
        else { return .ignored(.aheadOfUs) }
        guard target.state.isLiving else { return .nothing }
        if let suspicion = open[verdict.target] {
            if isFromSync { return .nothing }
            if !suspicion.hasBeenAnswered(lastAck) { return .counts }
        }
        guard tellerTrust.counts(teller, against: verdict.target, in: table, at: now) else {
            return .ignored(.discountedTeller)
        }
        // A frame or a stream may say anything: a member must have signed for it. A list may also bring
        // a death whose evidence its sender never had.
        let isHearsay = isProven(
            verdict, on: target.record, in: table, by: authenticator, at: now, &counters)
        return isHearsay ? .hearsay : isFromSync ? .groundless : .ignored(.unprovenDeath)
    }

    /// We probe the other member, because this one says that it is dead.
    mutating func noteTeller(_ teller: NodeID, of member: NodeID) {
        guard tellers[member] != nil || tellers.count < configuration.accusersRemembered else {
            return
        }
        tellers[member] = teller
    }

    /// The member has answered us: a sender that says that it is dead is wrong, or late.
    mutating func noteAnswer(of member: NodeID, at now: ClusterInstant) {
        for accuser in unconfirmed.removeValue(forKey: member) ?? [] {
            trust.noteRefutation(of: accuser, by: member, at: now)
        }
        guard let teller = tellers.removeValue(forKey: member) else { return }
        tellerTrust.noteRefutation(of: teller, by: member, at: now)
    }

    /// Whether we believe a verdict of another member, now that its accusations have been heard one by one:
    /// it is proven, and the accused had time to refute.
    func believes(
        _ verdict: DeadStatement, on target: MemberRecord, in table: MemberTable,
        by authenticator: any StatementAuthenticator, at now: ClusterInstant,
        counting counters: inout CoreCounters
    ) -> Bool {
        guard
            isProven(verdict, on: target, in: table, by: authenticator, at: now, &counters)
        else {
            counters.count(.unprovenDeath)
            return false
        }
        return open[target.id]?.hasHadTimeToRefute(configuration, at: now) ?? false
    }

    /// Whether at least one accuser is known, counts, and has a valid signature.
    private func isProven(
        _ verdict: DeadStatement, on target: MemberRecord, in table: MemberTable,
        by authenticator: any StatementAuthenticator, at now: ClusterInstant,
        _ counters: inout CoreCounters
    ) -> Bool {
        let held = open[target.id]?.accusations ?? []
        if verdict.accusations.contains(where: held.contains) { return true }
        for accusation in verdict.accusations where accusation.accuser != target.id {
            guard let accuser = table[accusation.accuser] else { continue }
            guard trust.counts(accusation.accuser, against: target.id, in: table, at: now) else {
                counters.count(.discountedAccuser)
                continue
            }
            counters.noteCheck()
            if authenticator.isSigned(accusation, by: accuser.record, against: target) {
                return true
            }
            counters.count(.badSignature)
        }
        return false
    }

    /// The verdict, to be passed on: with the accusations that we have checked and hold. If there
    /// are none, with those of the accusations in the verdict that hold.
    func checked(
        _ verdict: DeadStatement, on target: MemberRecord, in table: MemberTable,
        by authenticator: any StatementAuthenticator
    ) -> DeadStatement {
        if let suspicion = open[target.id], !suspicion.accusations.isEmpty {
            return suspicion.verdict(on: target)
        }
        let held = verdict.accusations.filter { accusation in
            table[accusation.accuser].map {
                authenticator.isSigned(accusation, by: $0.record, against: target)
            } ?? false
        }
        return DeadStatement(about: target, accusations: held)
    }

    mutating func keep(_ verdict: DeadStatement, isChecked: Bool = true) {
        verdicts[verdict.target] = verdict
        if !isChecked { uncheckedVerdicts.insert(verdict.target) }
    }

    private mutating func dropVerdict(on member: NodeID) {
        verdicts[member] = nil
        uncheckedVerdicts.remove(member)
    }

    // MARK: Showing what we hold

    /// The accusation or verdict that we hold against a member, as that member receives it.
    func accusation(against member: MemberTable.Entry) -> Item? {
        if let suspicion = open[member.record.id] {
            return suspicion.accusations.first.map {
                .suspect($0.statement(against: member.record))
            }
                ?? .dead(DeadStatement(about: member.record))
        }
        guard member.state == .dead else { return nil }
        return .dead(verdicts[member.record.id] ?? DeadStatement(about: member.record))
    }

    /// A final check of another member: our newer knowledge of the accused.
    func correction(of item: Item, in table: MemberTable) -> Item? {
        guard let (target, incarnation) = item.accused, let entry = table[target] else {
            return nil
        }
        if entry.record.incarnation > incarnation || entry.state == .left {
            return .full(entry.record.full)
        }
        guard !uncheckedVerdicts.contains(target) else { return nil }
        return verdicts[target].map { .dead($0) }
    }

    // MARK: Why

    /// Since when a member is suspected.
    func start(of member: NodeID) -> ClusterInstant? { open[member]?.startedAt }

    /// Why a member is in its state.
    func why(_ member: NodeID, lastAckAge: Duration?, ownHealth: Int, at now: ClusterInstant)
        -> Why?
    {
        guard let suspicion = open[member] else { return reasons[member] }
        return Why(
            evidence: suspicion.evidence, accusers: suspicion.accusers, lastAckAge: lastAckAge,
            ownHealth: ownHealth, deadline: max(.zero, suspicion.deadline - now))
    }

    /// Another reason than a suspicion or a verdict.
    mutating func explain(_ member: NodeID, by why: Why?) { reasons[member] = why }

    /// The member answers by datagrams again.
    mutating func endStreamOnly(_ member: NodeID) {
        if reasons[member]?.evidence == .streamOnly { reasons[member] = nil }
    }

    /// The member is gone from the view.
    mutating func forget(_ member: NodeID) {
        reasons[member] = nil
        tellers[member] = nil
        unconfirmed[member] = nil
        dropVerdict(on: member)
    }
}
