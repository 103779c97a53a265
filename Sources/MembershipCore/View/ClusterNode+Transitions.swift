import MembershipWire

/// The consequences of a change of one member's state: see `View.setState`.
extension ClusterNode {
    mutating func setState(
        _ record: MemberRecord, as state: MemberState, why: Why?, isNewcomer: Bool = false,
        in turn: inout Turn
    ) {
        let transition = view.setState(record, as: state, isNewcomer: isNewcomer, at: turn.now)
        if transition.isNewBoot { forgetProbe(of: record.id) }
        if transition.old?.record.process != record.process {
            gossip.beginMessages(of: record, isOver: !state.isLiving)
        }
        noteForStates(record, as: state, after: transition.old?.state, in: &turn)
        noteForLifelines(record, as: state, after: transition.old, why, in: &turn)
        if suspicions.noteState(state, of: record.id, why: why) {
            agenda.deadlines.cancel(.suspicion(record.id))
            gossip.dropAll(about: record.id)
        }
        if state.isLiving, transition.old?.state.isLiving != true {
            prober.add(record.id, using: &agenda.random)
        } else if !state.isLiving {
            forgetProbe(of: record.id)
        }
        for kind in transition.changes { notifyChange(kind, of: record.id, in: &turn) }
        for news in transition.names { notify(news, in: &turn) }
    }

    private mutating func notify(_ news: View.NameNews, in turn: inout Turn) {
        switch news {
        case .isShownOtherwise(let member):
            notifyChange(.updated, of: member, in: &turn)
        case .isContested(let bearer, let claimant):
            counters.count(.nameTaken)
            turn.effects.append(.notify(.nameContested(bearer: bearer, by: claimant)))
        }
    }

    mutating func notifyChange(
        _ kind: MemberChange.Kind, of id: NodeID, in turn: inout Turn
    ) {
        guard let entry = view.table[id] else { return }
        let why =
            why(of: id, at: turn.now)
            ?? (kind == .recovered
                ? Why(
                    evidence: .refuted, accusers: [], lastAckAge: lastAckAge(of: id, at: turn.now),
                    ownHealth: localHealth, deadline: nil) : nil)
        turn.effects.append(
            .notify(
                .changed(
                    MemberChange(
                        kind: kind, record: entry.record, name: shownName(of: entry.record),
                        state: entry.state, why: why))))
    }

    func lastAckAge(of id: NodeID, at now: ClusterInstant) -> Duration? {
        view[contact: id].reachability.lastAckAge(at: now)
    }

    // MARK: Tombstones

    mutating func dropOldTombstones(in turn: inout Turn) {
        agenda.deadlines.set(.tombstones, at: turn.now + configuration.tombstoneCheck)
        for id in view.outdatedTombstones(except: ownRecord.id, at: turn.now) {
            drop(id, in: &turn)
        }
        view.stopSharingTombstones(except: ownRecord.id, at: turn.now)
    }

    mutating func drop(_ id: NodeID, in turn: inout Turn) {
        notifyChange(.removed, of: id, in: &turn)
        view.remove(id)
        suspicions.forget(id)
        gossip.forgetMessages(from: id)
        states.forget(id, at: turn.now)
    }

    /// By command: no longer listed, yet kept against old rumors.
    mutating func forget(_ id: NodeID, in turn: inout Turn) {
        guard let entry = view.table[id], !entry.state.isLiving, id != ownRecord.id else { return }
        view.hide(id)
        turn.effects.append(
            .notify(
                .changed(
                    MemberChange(
                        kind: .removed, record: entry.record, name: shownName(of: entry.record),
                        state: entry.state, why: nil))))
    }
}
