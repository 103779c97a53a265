import MembershipWire

/// Who was slow lately is given longer before it is buried.
///
/// A process that is starved of its processor is silent like a dead one, but it comes back. So whoever
/// says of itself that it is starved, answers late, refutes late or returns from the dead is *slow* for
/// a minute: its probes wait longer and its suspicions last at least 6 s. This is remembered per
/// member, never as one number for all (one slow member would make everybody patient with everybody),
/// and ends with a new boot. Lifeguard adapts by the observer's health alone (section IV).
extension ClusterNode {
    func isSlow(_ member: NodeID, at now: ClusterInstant) -> Bool {
        view[contact: member].slowUntil.map { now < $0 } ?? false
    }

    mutating func rememberSlowness(of member: NodeID, at now: ClusterInstant) {
        view[contact: member].slowUntil = now + configuration.slownessMemory
    }

    /// Its machine says that nobody listens there. A process that is starved would still have been let
    /// in, by its machine: this one is gone, and is given no longer than others.
    mutating func forgetSlowness(of member: NodeID, at now: ClusterInstant) {
        if isSlow(member, at: now) { view[contact: member].slowUntil = nil }
        if let deadline = suspicions.endPatience(with: member, at: now) {
            deadlines.set(.suspicion(member), at: deadline)
        }
    }

    /// How long an answer took: is it they who are slow, or we?
    mutating func notePace(of member: NodeID, _ roundTrip: Duration, at now: ClusterInstant) {
        guard roundTrip > configuration.slowAnswer else { return ownPace.noteQuickAnswer() }
        rememberSlowness(of: member, at: now)
        if ownPace.noteLateAnswer(from: member) { sayDegraded(at: now) }
    }

    /// A new statement about a member that we suspect, or that was dead to us: it needed long for it.
    /// Where a quarter of all were dead it was the network that was slow, not they.
    mutating func noteLateAnswer(
        of known: MemberTable.Entry, _ record: MemberRecord, at now: ClusterInstant
    ) {
        guard record.standing == .alive, record.boot == known.record.boot else { return }
        let id = record.id
        switch known.state {
        case .suspect:
            let patience =
                configuration.shortestSuspicion * configuration.lateRefutationPercent / 100
            if let start = suspicions.start(of: id), now - start > patience {
                rememberSlowness(of: id, at: now)
            }
        case .dead
        where view.table.count(.dead) * 100 < view.table.count * configuration.massDeathPercent:
            rememberSlowness(of: id, at: now)
        case .alive, .dead, .left: break
        }
    }

    // MARK: DEGRADED

    /// Tells everybody that we are starved, at most every 30 s.
    mutating func sayDegraded(at now: ClusterInstant) {
        guard phase == .running, let counter = ownPace.nextStatement(at: now) else { return }
        let text = SignedText.degraded(
            member: ownRecord.id, ownRecord.incarnation, counter: counter)
        let statement = DegradedStatement(
            member: ownRecord.id, incarnation: ownRecord.incarnation, counter: counter,
            signature: authenticator.sign(text))
        spread(.degraded(statement), about: .slowness(of: ownRecord.id), .suspicion, at: now)
    }

    /// DEGRADED: a member says that it is slow. News, signed, and of its present life: at most one
    /// refutation old.
    mutating func hear(_ statement: DegradedStatement, at now: ClusterInstant) {
        let id = statement.member
        guard id != ownRecord.id else { return }
        guard let member = view.table[id] else { return counters.count(.unknownTarget) }
        guard member.record.incarnation.number <= statement.incarnation.next.number else {
            return counters.count(.staleStatement)
        }
        if let last = view[contact: id].lastDegraded,
            (statement.incarnation, statement.counter) <= last
        {
            return
        }
        let text = SignedText.degraded(
            member: id, statement.incarnation, counter: statement.counter)
        guard
            authenticator.isValid(
                statement.signature, of: text, by: member.record.core.identityKey)
        else { return counters.count(.badSignature) }
        view[contact: id].lastDegraded = (statement.incarnation, statement.counter)
        rememberSlowness(of: id, at: now)
        spread(.degraded(statement), about: .slowness(of: id), .suspicion, at: now)
    }
}

/// Signs that it is this process that is slow, and not the world.
///
/// Three members in a row whose answers come late: one of them may be slow, all three hardly. The
/// other sign, a late timer, needs no memory.
struct OwnPace: Sendable {
    private var lateMembers: [NodeID] = []
    private var lastStatement: ClusterInstant?
    private var counter: UInt32 = 0
    private let run: Int
    private let pause: Duration

    init(_ configuration: CoreConfiguration) {
        run = configuration.degradedRun
        pause = configuration.degradedPause
    }

    mutating func noteQuickAnswer() { lateMembers.removeAll(keepingCapacity: true) }

    /// True with the last distinct member of a run.
    mutating func noteLateAnswer(from member: NodeID) -> Bool {
        if lateMembers.count < run, !lateMembers.contains(member) { lateMembers.append(member) }
        return lateMembers.count == run
    }

    /// The number of the next statement; nil if the last one is too fresh.
    mutating func nextStatement(at now: ClusterInstant) -> UInt32? {
        if let last = lastStatement, now - last < pause { return nil }
        lastStatement = now
        counter &+= 1
        return counter
    }
}
