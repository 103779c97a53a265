package import MembershipWire

/// The states that members publish, carried out: see `SharedStates`.
extension ClusterNode {
    package internal(set) var states: SharedStates {
        get { reconciler.states }
        _modify { yield &reconciler.states }
    }

    // MARK: Our own

    /// The map that we publish, the last writes included.
    package var ownState: StateMap { states.own.draft }

    mutating func writeState(_ changes: [StateEntry], in turn: inout Turn) {
        guard phase == .running, states.write(changes) else { return }
        publishState(in: &turn)
    }

    mutating func publishState(in turn: inout Turn) {
        guard phase == .running else { return }
        switch states.publish(as: ownRecord, by: authenticator, at: turn.now) {
        case .nothing: break
        case .later(let moment): agenda.deadlines.set(.ownState, at: moment)
        case .published(let statement, let map):
            spread(.state(statement), about: .state(of: ownRecord.id), .state, at: turn.now)
            turn.effects.append(.notify(.stateChanged(of: ownRecord.id, map)))
        }
    }

    /// We have joined: the others do not know what we published before.
    mutating func announceState(at now: ClusterInstant) {
        guard let statement = states.announcement(of: ownRecord.id) else { return }
        spread(.state(statement), about: .state(of: ownRecord.id), .state, at: now)
    }

    // MARK: Statements

    /// STATE as a rumor: the version of a member, with what leads to it from an earlier one.
    mutating func hear(
        _ statement: StateStatement, from sender: NodeID, in turn: inout Turn
    ) {
        switch arrival(of: statement, isRumor: true, in: &turn) {
        case .known: break
        case .ignored(let reason): counters.count(reason)
        case .behind:
            guard statement.member != ownRecord.id else { return publishState(in: &turn) }
            guard let due = states.noteBehind(statement, from: sender, at: turn.now) else { return }
            agenda.deadlines.setNoLater(.stateFetch, than: due)
        case .taken(let map, _):
            tell(map, of: statement.member, in: &turn)
            _ = states.takeNews(of: statement.member)
            spread(.state(statement), about: .state(of: statement.member), .state, at: turn.now)
        }
    }

    /// STATE by stream. False if one of them is forged.
    mutating func takeIn(
        _ statements: [StateStatement], from sender: NodeID, in turn: inout Turn
    ) -> Bool {
        let before = accounts.checked
        defer { accounts.chargeUnblamed(payer(sender), since: before, at: turn.now) }
        for statement in statements {
            switch arrival(of: statement, isRumor: false, in: &turn) {
            case .known: break
            case .ignored(let reason):
                counters.count(reason)
                guard reason != .badSignature else { return false }
            case .behind:
                if statement.member == ownRecord.id { publishState(in: &turn) }
            case .taken(let map, let isUpdate):
                tell(map, of: statement.member, in: &turn)
                passOn(statement.member, isUpdate: isUpdate, at: turn.now)
            }
        }
        return true
    }

    /// A stream has brought a version. Others may lack it, too: if we had news of it and could not pass it on, or
    /// if it replaces an older one, as after a split.
    private mutating func passOn(_ member: NodeID, isUpdate: Bool, at now: ClusterInstant) {
        let told = states.takeNews(of: member)
        guard
            let told = told
                ?? (isUpdate || states.hasAgreed ? states.announcement(of: member) : nil)
        else { return }
        spread(.state(told), about: .state(of: member), .state, at: now)
    }

    private mutating func arrival(
        of statement: StateStatement, isRumor: Bool, in turn: inout Turn
    ) -> SharedStates.Arrival {
        guard phase == .running || phase == .leaving else { return .known }
        guard let entry = view.table[statement.member], entry.state != .left else {
            return .ignored(.unknownTarget)
        }
        let arrival =
            statement.member == ownRecord.id
            ? states.meetOwn(statement, as: ownRecord, by: authenticator)
            : states.receive(
                statement, of: entry.record, isLiving: entry.state.isLiving, isRumor: isRumor,
                by: authenticator, at: turn.now)
        if arrival.isOfSignature { counters.noteCheck() }
        return arrival
    }

    private mutating func tell(_ map: StateMap?, of member: NodeID, in turn: inout Turn) {
        if map == nil { counters.count(.stateOverflow) }
        guard view.table[member]?.state.isLiving == true else { return }
        turn.effects.append(.notify(.stateChanged(of: member, map)))
    }

    // MARK: Members

    /// A member lives, does not, or is another process now.
    mutating func noteForStates(
        _ record: MemberRecord, as state: MemberState, after old: MemberState?, in turn: inout Turn
    ) {
        switch states.note(record, as: state, isBack: old == .dead && state.isLiving, at: turn.now)
        {
        case .none: break
        case .shown(let map): turn.effects.append(.notify(.stateChanged(of: record.id, map)))
        case .gone: turn.effects.append(.notify(.stateChanged(of: record.id, nil)))
        }
    }

    // MARK: Fetching and comparing

    mutating func noteStates(in datagram: Datagram, from member: NodeID, at now: ClusterInstant) {
        for case .stateView(let hash) in datagram.items {
            view[contact: member].lastStates = hash
            guard phase == .running else { return }
            let due = states.noteHash(hash, of: member, at: now)
            if let due { agenda.deadlines.set(.states, at: due) }
            return
        }
        guard datagram.showsStates, view.contacts[member]?.lastStates != nil,
            let entry = view.table[member]
        else { return }
        // It holds no state any more; or it is of an earlier version now, and knows of none.
        let newest = entry.record.core.protocolVersions.upperBound
        view[contact: member].lastStates = newest >= ProtocolVersion.states ? 0 : nil
    }

    /// The hash of another member differed: does it still?
    mutating func compareStates(in turn: inout Turn) {
        guard let member = states.pendingMember else { return }
        guard phase == .running, let entry = view.table[member], entry.state != .left,
            view[contact: member].lastStates != states.viewHash
        else { return states.resolveDifference() }
        let step = states.reachDeadline(
            viewChangedAt: view.changedAt, isBusy: !streams.admitsStateCall, at: turn.now)
        switch step {
        case .wait(let moment): agenda.deadlines.set(.states, at: moment)
        case .compare: callForStates(entry.record, in: &turn)
        case nil: break
        }
    }

    /// A rumor told a version that did not lead there from what we hold: its sender holds it.
    mutating func fetchStates(in turn: inout Turn) {
        guard phase == .running, streams.admitsStateCall else {
            if states.hasUnaskedNews {
                agenda.deadlines.set(.stateFetch, at: turn.now + configuration.stateFetchPause)
            }
            return
        }
        guard let fetch = states.beginFetch(at: turn.now) else { return }
        if states.hasUnaskedNews { agenda.deadlines.set(.stateFetch, at: fetch.next) }
        guard let entry = view.table[fetch.member], entry.state.isLiving else { return }
        callForStates(entry.record, in: &turn)
    }

    private mutating func callForStates(_ record: MemberRecord, in turn: inout Turn) {
        guard mayCall(record, at: turn.now) else { return }
        openStream(.states, to: record.endpoint, in: &turn)
    }

    // MARK: For status

    /// The process of a member that we know.
    package func process(of member: NodeID) -> BootID? { view.table[member]?.record.process }

    /// The hash of the states that count, computed again.
    package var stateViewOfRows: UInt64 { states.rows.reduce(0) { $0 ^ $1.recordHash } }

    /// How many living members' last hash of states equals ours, of those that have shown one; ourselves not counted.
    package var stateAgreement: (agree: Int, heardFrom: Int) {
        var agree = 0
        var heardFrom = 0
        for (id, contact) in view.contacts where id != ownRecord.id {
            guard let last = contact.lastStates, view.table[id]?.state.isLiving == true else {
                continue
            }
            heardFrom += 1
            if last == states.viewHash { agree += 1 }
        }
        return (agree, heardFrom)
    }
}

extension Datagram {
    /// Whether its sender shows on it the hash of the states that it holds, if there are any. On an ack a proof may
    /// have taken the room.
    fileprivate var showsStates: Bool {
        switch body {
        case .heartbeat(let isIntroduction): !isIntroduction
        case .heartbeatAck:
            !items.contains { if case .proof = $0 { true } else { false } }
        case .relayHeartbeat, .relayAck, .relayNack, .gossip, .message, .who, .goodbye: false
        }
    }
}
