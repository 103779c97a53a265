import MembershipWire

/// The exchange of keysets by stream. Its content is up to the shell: the core sees no key.
///
/// We cannot open the frames of a member that is so far behind that we have retired its key. But its frames
/// show that it is there, and we connect to it under that key. A caller under a retired key gets the new
/// ones if it was a member, and nothing else. Specs/Protocol.md, "Keys"; Specs/Wire.md, section 5.4.
extension ClusterNode {
    mutating func handle(
        _ news: KeysInput, in turn: inout Turn
    ) {
        switch news {
        case .changed(let hash, let authenticator): keysChanged(hash, authenticator)
        case .rotating(let isRotating): reconciler.keyrings.setRotating(isRotating)
        case .give(let target, let attempt):
            giveKeys(to: target, attempt: attempt, in: &turn)
        case .behind(let boot, let key): contactOutdatedMember(boot, key, in: &turn)
        }
    }

    // MARK: The caller's side

    /// For a rotation: members that have joined meanwhile are called as well.
    private mutating func giveKeys(
        to target: NodeID, attempt: UInt64, in turn: inout Turn
    ) {
        guard phase == .running, target != ownRecord.id, let entry = view.table[target],
            entry.state.isLiving
        else { return turn.effects.append(.notify(.keysGiven(attempt: attempt, .gone))) }
        openStream(
            .keys(KeysCall(member: target, attempt: attempt)), to: entry.record.endpoint, in: &turn)
    }

    /// HELLO_ACK has shown who answers. Keys are for the member that we mean, and not for another that
    /// happens to live at its address.
    mutating func giveKeys(
        to record: FullStatement, _ call: KeysCall, on id: StreamID, in turn: inout Turn
    ) {
        let remote = authenticator.nodeID(of: record.core.identityKey)
        let isMeant =
            remote == call.member && !isFormerBoot(record, of: remote)
            && call.outdatedBoot.map { $0 == authenticator.bootID(of: record.core.bootKey) } ?? true
        guard isMeant else {
            _ = closeStream(id, in: &turn)
            return conclude(call, .failed(.refused), in: &turn)
        }
        _ = streams.identify(id, as: remote, record, over: view.table)
        turn.effects.append(.writeStream(id, .join(ownRecord.full)))
        turn.effects.append(.sendKeys(id))
    }

    mutating func conclude(_ call: KeysCall, _ answer: KeysAnswer, in turn: inout Turn) {
        if case .confirmed = answer { confirmKeyring(of: call.member) }
        if let attempt = call.attempt {
            turn.effects.append(.notify(.keysGiven(attempt: attempt, answer)))
        }
    }

    // MARK: Both sides

    mutating func receiveKeys(on id: StreamID, in turn: inout Turn) {
        guard streams.receiveKeys(on: id) else { return violate(id, in: &turn) }
        turn.effects.append(.takeKeys(id))
    }

    /// The shell has stored KEYS, or has not.
    mutating func tookKeys(
        _ outcome: KeysOutcome, on id: StreamID, in turn: inout Turn
    ) {
        guard let (sender, mustAnswer) = streams.tookKeys(outcome, on: id) else { return }
        if case .same = outcome { confirmKeyring(of: sender) }
        guard mustAnswer else {
            if outcome == .refused { violate(id, in: &turn) }
            return
        }
        switch outcome {
        case .same(let inMemoryOnly), .older(let inMemoryOnly):
            answerKeys(inMemoryOnly ? .inMemoryOnly : .done, on: id, in: &turn)
        case .cannotKeep: answerKeys(.cannotKeep, on: id, in: &turn)
        case .refused: end(id, .protocolViolation, in: &turn)
        }
    }

    /// Sends the keyset that we hold now, and the result for the caller's keys. The caller ends
    /// after us: it reads until then.
    private func answerKeys(_ code: StreamEndCode, on id: StreamID, in turn: inout Turn) {
        turn.effects.append(.sendKeys(id))
        turn.effects.append(.writeStream(id, .end(code)))
    }
}
