import MembershipWire

/// Talking about keys: when, and with whom. What is said is for the shell: of secrets the core knows the
/// four bytes that members tell each other on heartbeats, the keyring hash.
///
/// Whose hash differs from ours for a second is called, and both end up with the newer keyset, so that
/// news of a rotation reaches everybody, whoever was away when it was told. A member that is so far behind
/// that we have retired its key cannot be understood; but its frames show that it is there, and it is
/// called under that key. Who calls us under a retired key gets the new ones if it was a member, and nothing
/// else. Specs/Protocol.md, "Keys"; Specs/Wire.md, section 5.4.
extension ClusterNode {
    mutating func handle(
        _ news: KeysInput, in turn: inout Turn
    ) {
        switch news {
        case .changed(let hash, let authenticator): keysChanged(hash, authenticator)
        case .rotating(let isRotating):
            keysComparison.isRotating = isRotating
            if isRotating { keysComparison.pending = nil }
        case .give(let target, let attempt):
            giveKeys(to: target, attempt: attempt, in: &turn)
        case .behind(let boot, let key): callBehind(boot, key, in: &turn)
        }
    }

    private mutating func keysChanged(
        _ hash: UInt32, _ new: any StatementAuthenticator
    ) {
        keyringHash = hash
        authenticator = new
        keysComparison.pending = nil
        // What the others showed is of before: they are on their way to the same keyset, or are not.
        for member in contacts.keys {
            contacts[member]?.nextKeysCall = nil
            contacts[member]?.keyringHash = nil
        }
    }

    // MARK: Catching up

    /// A heartbeat, an ack or a hello-ack says which keyset its sender holds.
    mutating func noteKeyring(_ hash: UInt32, of member: NodeID, at now: ClusterInstant) {
        contacts[member, default: Contact()].keyringHash = hash
        guard hash != keyringHash else {
            contacts[member]?.nextKeysCall = nil
            if keysComparison.pending == member { keysComparison.pending = nil }
            return
        }
        guard phase == .running, !keysComparison.isRotating, keysComparison.pending == nil,
            member != ownRecord.id
        else { return }
        if let next = contacts[member]?.nextKeysCall?.at, now < next { return }
        keysComparison.pending = member
        // In a join it is we who are behind, as good as surely, and perhaps we cannot open a frame of
        // theirs: just time enough for the peer list to be taken in.
        let patience: Duration =
            joins.isEmpty ? CoreConfiguration.keysDifference : .milliseconds(100)
        deadlines.set(.keys, at: max(now + patience, keysComparison.nextCall))
    }

    /// Time to look at the difference again: has news settled it, or must we call?
    mutating func compareKeys(in turn: inout Turn) {
        guard let member = keysComparison.pending.take() else { return }
        guard phase == .running, !keysComparison.isRotating, let entry = table[member],
            entry.state != .left, let contact = contacts[member],
            contact.keyringHash != keyringHash
        else { return }
        let pause = contact.nextKeysCall.map { $0.pause * 2 } ?? CoreConfiguration.keysDifference
        let bounded = min(pause, CoreConfiguration.longestKeysPause)
        contacts[member]?.nextKeysCall = (turn.now + bounded, bounded)
        keysComparison.nextCall = turn.now + CoreConfiguration.keysDifference
        _ = openStream(
            .keysCaller(member, boot: nil, attempt: nil), to: entry.record.endpoint, .keys,
            in: &turn)
    }

    /// Somebody uses a key that we have retired. If it is a member that we know, it is behind: it is told.
    private mutating func callBehind(
        _ boot: BootID, _ key: KeyID, in turn: inout Turn
    ) {
        guard phase == .running, let member = table.id(of: boot), member != ownRecord.id,
            let entry = table[member]
        else { return counters.count(.unknownSender) }
        if let last = contacts[member]?.lastCalledBehind,
            turn.now - last < CoreConfiguration.callBehindPause
        {
            return
        }
        let calls = streams.values.lazy.filter(\.isCallToOneBehind).count
        guard calls < CoreConfiguration.outgoingCallsBehind else { return }
        contacts[member, default: Contact()].lastCalledBehind = turn.now
        _ = openStream(
            .keysCaller(member, boot: boot, attempt: nil), to: entry.record.endpoint, .keys,
            under: key, in: &turn)
    }

    // MARK: The caller's side

    /// For a rotation: whoever has joined meanwhile is called as well.
    private mutating func giveKeys(
        to target: NodeID, attempt: UInt64, in turn: inout Turn
    ) {
        guard phase == .running, target != ownRecord.id, let entry = table[target],
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
        if case .confirmed = answer {
            contacts[target, default: Contact()].keyringHash = keyringHash
        }
        if let attempt { turn.effects.append(.notify(.keysGiven(attempt: attempt, answer))) }
    }

    /// Our key was retired while we were away, and now we have the new ones: once more, under those.
    /// False if that was tried before.
    mutating func joinWithNewKeys(
        _ attempt: UInt64, in turn: inout Turn
    ) -> Bool {
        guard var progress = joins[attempt], !progress.hasNewKeys, phase == .running else {
            return false
        }
        progress.hasNewKeys = true
        progress.stream = openStream(
            .joiner(attempt: attempt), to: progress.endpoint, .join, in: &turn)
        joins[attempt] = progress
        return true
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
            let member = authenticator.nodeID(of: remote.core.identityKey)
            contacts[member, default: Contact()].keyringHash = keyringHash
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

    // MARK: For status

    /// The keyring hash that each living member last told us; nil before it told any.
    package var keyringHashes: [(member: MemberRecord, hash: UInt32?)] {
        (0..<table.count).compactMap { index in
            let entry = table.entry(at: index)
            guard entry.state.isLiving else { return nil }
            let id = entry.record.id
            return (entry.record, id == ownRecord.id ? keyringHash : contacts[id]?.keyringHash)
        }
    }
}

/// Comparing our keyset with what others tell of theirs.
struct KeysComparison: Sendable {
    /// Who shows another keyring hash than ours, and will be called unless that settles.
    var pending: NodeID?
    /// One call a second, whoever it is.
    var nextCall = ClusterInstant.origin
    /// A rotation of our own is under way.
    var isRotating = false
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
