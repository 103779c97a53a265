import MembershipWire

/// Lifelines as streams: opening them, accepting them, and hearing how they end. The meaning of that is
/// decided in `Lifelines`; here its requests become effects.
extension ClusterNode {
    package var lifelineStatus: LifelineStatus { lifelines.status }

    private func outlook(
        at now: ClusterInstant, about member: NodeID?
    ) -> Lifelines.Outlook {
        let roundTrip = member.flatMap { view[contact: $0].reachability.longestRoundTrip }
        return Lifelines.Outlook(
            now: now, awakeSince: prober.link.awakeSince,
            isLossHigh: prober.link.isLossy,
            longestRoundTrip: roundTrip ?? .zero)
    }

    /// Tells the lifelines what has happened, and carries out their requests.
    mutating func tellLifelines(
        about member: NodeID? = nil, in turn: inout Turn,
        _ tell: (inout Lifelines, Lifelines.Outlook, inout [Lifelines.Wish]) -> Void
    ) {
        guard lifelines.isOn else { return }
        var wishes: [Lifelines.Wish] = []
        tell(&lifelines, outlook(at: turn.now, about: member), &wishes)
        for wish in wishes where phase == .running || phase == .leaving {
            carryOut(wish, in: &turn)
        }
    }

    private mutating func carryOut(_ wish: Lifelines.Wish, in turn: inout Turn) {
        switch wish {
        case .open(let member): openLifeline(to: member, in: &turn)
        case .close(let stream, let code):
            turn.effects.append(.writeStream(stream, .end(code)))
            turn.effects.append(.closeStream(stream))
        case .heartbeat(let member): sendCheckingHeartbeat(to: member, in: &turn)
        case .knock(let id, let member, let patience):
            knock(id, at: member, within: patience, in: &turn)
        case .askRelays(let member):
            guard let entry = view.table[member] else { return }
            probeIndirectly(entry.record, in: &turn)
        case .witness(let member):
            guard let entry = view.table[member],
                agenda.random.chance(configuration.witnesses, in: max(1, view.table.livingCount))
            else { return }
            probeIndirectly(entry.record, in: &turn)
        case .finalCheck(let member): askFinally(beforeDeclaringGone: member, in: &turn)
        case .accuse(let member): accuseOfBeingGone(member, in: &turn)
        case .declareGone(let member, let heartbeats):
            declareGone(member, heartbeats: heartbeats, in: &turn)
        case .checkAgain(let member, let moment):
            guard let moment else { return agenda.deadlines.cancel(.check(member)) }
            agenda.deadlines.set(.check(member), at: max(moment, turn.now))
        case .lookAtCircle(let moment): agenda.deadlines.setNoLater(.lifelines, than: moment)
        }
    }

    // MARK: The circle

    /// A member has come, gone or been accused: which are the next two now?
    mutating func circleChanged(at now: ClusterInstant) {
        guard lifelines.isOn, phase == .running else { return }
        let pause = configuration.shortestCirclePause...configuration.longestCirclePause
        agenda.deadlines.setNoLater(.lifelines, than: now + agenda.random.duration(in: pause))
    }

    mutating func lookAtCircle(in turn: inout Turn) {
        guard phase == .running else { return }
        let (table, own) = (view.table, ownRecord.id)
        tellLifelines(in: &turn) { lifelines, outlook, wishes in
            lifelines.lookAtCircle(in: table, from: own, at: outlook.now, into: &wishes)
        }
    }

    private mutating func openLifeline(to member: NodeID, in turn: inout Turn) {
        guard let entry = view.table[member] else { return }
        lifelines.noteOpening(member)
        openStream(.lifeline(member), to: entry.record.endpoint, in: &turn)
    }

    /// Why another member may not open one to us; nil if it may, or wants something else.
    func lifelineRefusal(of hello: StreamMessage.Hello) -> StreamEndCode? {
        guard hello.purpose == .lifeline else { return nil }
        guard lifelines.isOn else { return .noLifelines }
        return lifelines.mayAccept(pending: streams.lifelinesPending) ? nil : .busy
    }

    /// HELLO_ACK: the one that we mean, in the life that we know, or else not this time.
    mutating func standLifeline(
        to target: NodeID, _ record: FullStatement, _ digest: ViewDigest, on id: StreamID,
        in turn: inout Turn
    ) {
        guard authenticator.nodeID(of: record.core.identityKey) == target else {
            _ = closeStream(id, in: &turn)
            return lifelines.openingFailed(target, at: turn.now)
        }
        turn.effects.append(.writeStream(id, .join(ownRecord.full)))
        learn(record, .rumor, in: &turn)
        guard let entry = view.table[target], entry.state.isLiving,
            entry.record.core.bootKey == record.core.bootKey
        else {
            lifelines.openingFailed(target, at: turn.now)
            return end(id, .heldDead, in: &turn)
        }
        _ = dropStream(id)
        noteView(digest, from: target, at: turn.now)
        stand(id, with: entry.record, isOurs: true, in: &turn)
        noteSignOfLife(of: target, in: &turn)
        circleChanged(at: turn.now)
    }

    /// JOIN: a member watches us from now on, and we watch it.
    mutating func acceptLifeline(
        of record: FullStatement, on id: StreamID, in turn: inout Turn
    ) {
        learn(record, .rumor, in: &turn)
        guard phase == .running else { return }
        let member = authenticator.nodeID(of: record.core.identityKey)
        guard let entry = view.table[member], entry.record.core.bootKey == record.core.bootKey,
            entry.state.isLiving
        else { return end(id, view.table[member]?.state == .dead ? .heldDead : .busy, in: &turn) }
        _ = dropStream(id)
        stand(id, with: entry.record, isOurs: false, in: &turn)
    }

    private mutating func stand(
        _ id: StreamID, with record: MemberRecord, isOurs: Bool, in turn: inout Turn
    ) {
        tellLifelines(in: &turn) { lifelines, _, wishes in
            lifelines.stand(id, with: record.id, record.boot, isOurs: isOurs, into: &wishes)
        }
    }

    // MARK: Ends

    /// The other side says no before the line stands.
    mutating func lifelineDeclined(_ target: NodeID, in turn: inout Turn) {
        lifelines.openingFailed(target, at: turn.now)
        circleChanged(at: turn.now)
    }

    /// A line could not be opened.
    mutating func lifelineFailed(
        _ target: NodeID, _ failure: StreamFailure, in turn: inout Turn
    ) {
        let record = view.table[target].flatMap { $0.state.isLiving ? $0.record : nil }
        tellLifelines(about: target, in: &turn) { lifelines, outlook, wishes in
            guard let record else { return lifelines.openingFailed(target, at: outlook.now) }
            lifelines.openingFailed(
                record, isRefused: failure == .refused, outlook, into: &wishes)
        }
        circleChanged(at: turn.now)
    }

    /// Something has come on a line that stands: it can only be its end.
    mutating func handleLifeline(_ event: StreamInput, on id: StreamID, in turn: inout Turn) {
        guard let line = lifelines.end(id) else { return }
        defer { circleChanged(at: turn.now) }
        switch event {
        case .failed(.broken):
            // The end of a life that we know to be over means nothing.
            guard let entry = view.table[line.member], entry.state.isLiving,
                entry.record.boot == line.boot
            else { return }
            tellLifelines(about: line.member, in: &turn) { lifelines, outlook, wishes in
                lifelines.lose(entry.record, outlook, into: &wishes)
            }
        case .failed, .cut: break
        case .received(.end(let code), _):
            turn.effects.append(.closeStream(id))
            if code == .heldDead { refute(claimed: ownRecord.incarnation, in: &turn) }
            if code == .busy { lifelines.openingFailed(line.member, at: turn.now) }
        case .comes, .received, .calledUnderRetiredKey, .receivedKeys, .tookKeys:
            counters.count(.unexpectedStreamMessage)
            turn.effects.append(.closeStream(id))
            lifelines.openingFailed(line.member, at: turn.now)
        }
    }

    /// We go, or go on as another boot: the others learn of it first.
    mutating func endLifelines(_ code: StreamEndCode, in turn: inout Turn) {
        tellLifelines(in: &turn) { lifelines, _, wishes in
            lifelines.closeAll(code, into: &wishes)
        }
    }

    /// The state of a member has changed, or its record has.
    mutating func noteForLifelines(
        _ record: MemberRecord, as state: MemberState, after old: MemberTable.Entry?, _ why: Why?,
        in turn: inout Turn
    ) {
        guard lifelines.isOn else { return }
        let isRestart = old.map { $0.record.boot != record.boot } ?? false
        tellLifelines(in: &turn) { lifelines, outlook, wishes in
            if isRestart {
                lifelines.noteRestart(of: record.id)
                lifelines.close(with: record.id, otherThan: record.boot, .oldBoot, into: &wishes)
            }
            guard !state.isLiving else {
                return lifelines.noteNews(of: record, isSuspect: state == .suspect, into: &wishes)
            }
            lifelines.close(with: record.id, state == .dead ? .heldDead : .moved, into: &wishes)
            lifelines.noteEnd(
                of: record.id, isGone: why?.isGone == true, at: outlook.now, into: &wishes)
        }
        if state != .dead, record.incarnation != old?.record.incarnation {
            gossip.drop(.gone(of: record.id))
        }
        if isRestart || old?.state.isLiving != state.isLiving { circleChanged(at: turn.now) }
    }
}
