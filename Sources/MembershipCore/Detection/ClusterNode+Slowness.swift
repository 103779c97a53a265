import MembershipWire

/// Slow members and a slow self, carried out: see `SlownessNote` and `OwnPace`.
extension ClusterNode {
    func isSlow(_ member: NodeID, at now: ClusterInstant) -> Bool {
        view[contact: member].reachability.slowness.isSlow(at: now)
    }

    /// The machine of the member says that no process listens there. It would still have accepted a
    /// connection for a starved process. So this process is gone, and gets no more time than others.
    mutating func forgetSlowness(of member: NodeID, at now: ClusterInstant) {
        view[contact: member].reachability.slowness.forget()
        if let deadline = suspicions.endPatience(with: member, at: now) {
            agenda.deadlines.set(.suspicion(member), at: deadline)
        }
    }

    /// A new statement about a member that we suspect, or that was dead to us.
    mutating func noteLateAnswer(
        of known: MemberTable.Entry, _ record: MemberRecord, at now: ClusterInstant
    ) {
        let isLate = prober.isLate(
            record, over: known, suspectedAt: suspicions.start(of: record.id), in: view.table,
            at: now)
        if isLate {
            view[contact: record.id].reachability.slowness.remember(
                until: now + configuration.slownessMemory)
        }
    }

    /// We tell all members that we are starved.
    mutating func sayDegraded(at now: ClusterInstant) {
        guard phase == .running,
            let statement = prober.pace.nextStatement(of: ownRecord, by: authenticator, at: now)
        else { return }
        spread(.degraded(statement), about: .slowness(of: ownRecord.id), .suspicion, at: now)
    }

    /// DEGRADED: a member says that it is slow.
    mutating func hear(_ statement: DegradedStatement, at now: ClusterInstant) {
        let id = statement.member
        guard id != ownRecord.id else { return }
        guard let member = view.table[id] else { return counters.count(.unknownTarget) }
        let arrival = view[contact: id].reachability.slowness.hear(
            statement, from: member.record, by: authenticator,
            until: now + configuration.slownessMemory)
        if arrival.isOfSignature { counters.noteCheck() }
        switch arrival {
        case .known: break
        case .ignored(let reason): counters.count(reason)
        case .new:
            spread(.degraded(statement), about: .slowness(of: id), .suspicion, at: now)
        }
    }
}
