import MembershipWire

/// Exchanging keysets by stream. What is exchanged is up to the shell: the core sees no key.
///
/// A member that is so far behind that we have retired its key cannot be understood; but its frames
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
        case .behind(let boot, let key): callBehind(boot, key, in: &turn)
        }
    }

    /// Calls of ours to members that use a retired key.
    var outgoingCallsBehind: Int { streams.values.lazy.filter(\.isCallToOneBehind).count }

    // MARK: The caller's side

    /// For a rotation: whoever has joined meanwhile is called as well.
    private mutating func giveKeys(
        to target: NodeID, attempt: UInt64, in turn: inout Turn
    ) {
        guard phase == .running, target != ownRecord.id, let entry = view.table[target],
            entry.state.isLiving
        else { return turn.effects.append(.notify(.keysGiven(attempt: attempt, .gone))) }
        _ = openStream(
            .keysCaller(target, boot: nil, attempt: attempt), to: entry.record.endpoint, .keys,
            in: &turn)
    }

    /// HELLO_ACK has proved who is there. Keys are for the member that we mean, and for nobody who
    /// happens to live at its address.
    mutating func giveKeys(
        to record: FullStatement, on id: StreamID, in turn: inout Turn
    ) {
        guard case .keysCaller(let target, let boot, let attempt) = streams[id]?.role else {
            return
        }
        let isMeant =
            authenticator.nodeID(of: record.core.identityKey) == target
            && boot.map { $0 == authenticator.bootID(of: record.core.bootKey) } ?? true
        guard isMeant else {
            turn.effects.append(.closeStream(id))
            _ = dropStream(id)
            return concludeKeys(with: target, attempt, .failed(.refused), in: &turn)
        }
        streams[id]?.remote = record
        turn.effects.append(.writeStream(id, .join(ownRecord.full)))
        turn.effects.append(.sendKeys(id))
    }

    /// The other side has ended a stream of ours that was for keys.
    mutating func endKeys(
        with target: NodeID, _ attempt: UInt64?, _ answer: KeysAnswer, on id: StreamID,
        in turn: inout Turn
    ) {
        if streams[id]?.remote != nil { turn.effects.append(.writeStream(id, .end(.done))) }
        turn.effects.append(.closeStream(id))
        _ = dropStream(id)
        concludeKeys(with: target, attempt, answer, in: &turn)
    }

    mutating func concludeKeys(
        with target: NodeID, _ attempt: UInt64?, _ answer: KeysAnswer, in turn: inout Turn
    ) {
        if case .confirmed = answer { confirmKeyring(of: target) }
        if let attempt { turn.effects.append(.notify(.keysGiven(attempt: attempt, answer))) }
    }

    // MARK: Both sides

    /// KEYS: once, from who has shown who it is, and where it makes sense.
    mutating func receiveKeys(
        on id: StreamID, in turn: inout Turn
    ) {
        guard let session = streams[id], session.remote != nil, !session.hasReceivedKeys else {
            return violate(id, in: &turn)
        }
        switch session.role {
        case .joiner, .syncer, .keysCaller, .answerer(.keys):
            streams[id]?.hasReceivedKeys = true
            turn.effects.append(.takeKeys(id))
        case .caller, .answerer:
            violate(id, in: &turn)
        }
    }

    /// The shell has taken it, or has not.
    mutating func tookKeys(
        _ outcome: KeysOutcome, on id: StreamID, in turn: inout Turn
    ) {
        guard let session = streams[id], session.hasReceivedKeys, session.keysOutcome == nil else {
            return
        }
        streams[id]?.keysOutcome = outcome
        if let remote = session.remote, case .same = outcome {
            confirmKeyring(of: authenticator.nodeID(of: remote.core.identityKey))
        }
        guard case .answerer = session.role else {
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

    /// What we hold now, and what becomes of it. The caller ends after us: it reads until then.
    private mutating func answerKeys(
        _ code: StreamEndCode, on id: StreamID, in turn: inout Turn
    ) {
        turn.effects.append(.sendKeys(id))
        turn.effects.append(.writeStream(id, .end(code)))
        streams[id]?.hasSentEnd = true
    }

    /// JOIN under a retired key: who it is decides whether it is given the new ones, and that is all.
    mutating func answerRetiredKey(
        _ record: FullStatement, on id: StreamID, in turn: inout Turn
    ) {
        _ = dropStream(id)
        let caller = authenticator.nodeID(of: record.core.identityKey)
        turn.effects.append(.answerRetiredKey(id, caller: caller))
        turn.effects.append(.closeStream(id))
    }
}

extension StreamSession {
    fileprivate var isCallToOneBehind: Bool {
        switch role {
        case .keysCaller(_, let boot, _): boot != nil
        case .joiner, .syncer, .caller, .answerer: false
        }
    }

    /// Whether the other side has given us keys that we now hold.
    var isGivenNewKeys: Bool {
        switch keysOutcome {
        case .same: true
        case .older, .cannotKeep, .refused, nil: false
        }
    }

    /// What the end of a stream that we opened for keys means.
    func answer(endedWith code: StreamEndCode) -> KeysAnswer {
        switch code {
        case .cannotKeep: return .cannotKeep
        case .done, .inMemoryOnly:
            return isGivenNewKeys ? .confirmed(inMemoryOnly: code == .inMemoryOnly) : .declined
        // It has retired our key: it is we who were behind.
        case .retiredKey: return .declined
        case .unknownKey, .wrongCluster, .version, .busy, .aliasTaken, .protocolViolation, .leaving:
            return .ended(code)
        }
    }
}
