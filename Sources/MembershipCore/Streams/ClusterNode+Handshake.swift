import MembershipWire

/// Hello, hello-ack, join: who is on the other side of a stream, and what follows from it.
extension ClusterNode {
    mutating func receiveHello(
        _ hello: StreamMessage.Hello, isUnderRetiredKey: Bool = false, on id: StreamID,
        in turn: inout Turn
    ) {
        let network = streams.takeNetwork(of: id)
        guard !streams.isOpen(id), !id.isOurs else {
            return counters.count(.unexpectedStreamMessage)
        }
        // A call that may stop its caller; a join never does.
        let isDuplicate =
            hello.caller == ownRecord.id && hello.purpose == .sync && !isUnderRetiredKey
        let purpose: StreamSession.AcceptedPurpose =
            switch hello.purpose {
            case _ where isUnderRetiredKey: .retiredKey
            case _ where isDuplicate: .duplicate
            case .join: .join
            case .sync: .sync
            case .states: .states
            case .keys: .keys
            case .message: .message
            case .lifeline: .lifeline
            }
        var refusal =
            phase == .running
            ? streams.refusal(of: hello) ?? lifelineRefusal(of: hello) : .leaving
        if refusal == nil, isDuplicate, refusesDuplicate(in: &turn) { refusal = .leaving }
        // It may be another member that says so; after JOIN the place is looked for again.
        if refusal == nil,
            place(for: hello.caller, purpose, from: network, at: turn.now) == .taken
        {
            refusal = .busy
        }
        if let refusal {
            turn.effects.append(.writeStream(id, .end(refusal)))
            return turn.effects.append(.closeStream(id))
        }
        streams.accept(id, for: purpose, from: network)
        let patience =
            isDuplicate ? configuration.callPatience : configuration.streamPatience
        agenda.deadlines.set(.stream(id), at: turn.now + patience)
        turn.effects.append(.writeStream(id, .helloAck(ownRecord.full, viewDigest)))
    }

    /// A stream that we opened: this member answers.
    mutating func receiveHelloAck(
        _ record: FullStatement, _ digest: ViewDigest, _ remoteBoot: BootKey?, on id: StreamID,
        in turn: inout Turn
    ) {
        guard let purpose = streams.purpose(ofOpened: id), isGenuine(record, remoteBoot, in: &turn)
        else {
            return violate(id, in: &turn)
        }
        proveAddress(of: record, calledAt: streams.endpoint(of: id))
        switch purpose {
        case .probe(let target):
            return receiveProbeAnswer(record, digest, of: target, on: id, in: &turn)
        case .duplicate(let call):
            return receiveDuplicateAnswer(record, to: call, on: id, in: &turn)
        case .claim(let claimant):
            return receiveClaimAnswer(record, of: claimant, on: id, in: &turn)
        case .message(let call):
            return beginTalk(call, with: record, on: id, in: &turn)
        case .lifeline(let target):
            return standLifeline(to: target, record, digest, on: id, in: &turn)
        case .keys(let call):
            giveKeys(to: record, call, on: id, in: &turn)
        case .join(let attempt):
            beginJoin(attempt, with: record, digest, on: id, in: &turn)
        case .sync:
            beginSync(with: record, digest, rows: [], on: id, in: &turn)
        case .states:
            beginSync(with: record, digest, rows: states.rows, on: id, in: &turn)
        }
    }

    /// The seed has answered: our record and our peer list follow.
    private mutating func beginJoin(
        _ attempt: UInt64, with record: FullStatement, _ digest: ViewDigest, on id: StreamID,
        in turn: inout Turn
    ) {
        guard let seed = otherMember(record, attempt: attempt, on: id, in: &turn) else { return }
        noteKeyring(digest.keyringHash, of: seed, at: turn.now)
        _ = streams.identify(id, as: seed, record, over: view.table)
        turn.effects.append(.writeStream(id, .join(ownRecord.full)))
        sendPeerList(on: id, in: &turn)
    }

    private mutating func beginSync(
        with record: FullStatement, _ digest: ViewDigest, rows: [StreamMessage.SyncRow],
        on id: StreamID, in turn: inout Turn
    ) {
        guard let remote = otherMember(record, attempt: nil, on: id, in: &turn) else { return }
        noteKeyring(digest.keyringHash, of: remote, at: turn.now)
        let buckets = streams.identify(id, as: remote, record, over: view.table, states: rows)
        turn.effects.append(.writeStream(id, .join(ownRecord.full)))
        if let buckets { turn.effects.append(.writeStream(id, .syncBuckets(buckets.hashes))) }
    }

    /// The member that answers a join or a sync of ours. Nil, and the stream is closed, if it is this process
    /// or another one of our identity.
    private mutating func otherMember(
        _ record: FullStatement, attempt: UInt64?, on id: StreamID, in turn: inout Turn
    ) -> NodeID? {
        if record.core.bootKey == ownRecord.core.bootKey {
            _ = closeStream(id, in: &turn)
            if let attempt { failJoin(attempt, .selfJoin, in: &turn) }
            return nil
        }
        let remote = authenticator.nodeID(of: record.core.identityKey)
        guard remote == ownRecord.id else { return remote }
        meetDuplicate(record, attempt: attempt, on: id, in: &turn)
        return nil
    }

    /// A join or a sync of ours has reached a second process of our identity.
    private mutating func meetDuplicate(
        _ record: FullStatement, attempt: UInt64?, on id: StreamID, in turn: inout Turn
    ) {
        _ = closeStream(id, in: &turn)
        let other = DuplicateIdentity.Other(
            boot: authenticator.bootID(of: record.core.bootKey), endpoint: record.core.endpoint)
        let isFirst = attempt != nil && !own.duplicates.hasFirstPeerList
        suspectDuplicate(other, isFirst: isFirst, attempt: attempt, in: &turn)
    }

    /// A stream that we accepted: this member has opened it.
    mutating func receiveJoin(
        _ record: FullStatement, _ remoteBoot: BootKey?, on id: StreamID, in turn: inout Turn
    ) {
        guard let purpose = streams.purpose(ofAccepted: id),
            isGenuine(record, remoteBoot, in: &turn)
        else {
            return violate(id, in: &turn)
        }
        let caller = authenticator.nodeID(of: record.core.identityKey)
        guard caller != ownRecord.id || purpose == .retiredKey else {
            return violate(id, in: &turn)
        }
        let isForKeys = purpose == .keys || purpose == .retiredKey
        guard !isForKeys || !isFormerBoot(record, of: caller) else { return violate(id, in: &turn) }
        let isSync = purpose == .sync || purpose == .states
        guard !isSync || accounts.refusal(of: payer(caller), at: turn.now) == nil,
            purpose != .message || mayListen(to: caller, record),
            makePlace(for: caller, purpose, on: id, in: &turn)
        else { return end(id, .busy, in: &turn) }
        switch purpose {
        case .retiredKey:
            // It is given the new keys if it was a member, and that is all.
            turn.effects.append(.answerRetiredKey(id, caller: caller))
            _ = closeStream(id, in: &turn)
        case .keys, .sync, .states:
            _ = streams.identify(id, as: caller, record, over: view.table)
        case .message:
            _ = streams.identify(id, as: caller, record, over: view.table)
            tell(.called(id, from: caller), in: &turn)
        case .lifeline:
            acceptLifeline(of: record, on: id, in: &turn)
        case .join:
            admit(record, caller, on: id, in: &turn)
        case .duplicate: violate(id, in: &turn)
        }
    }

    /// The place of a conversation. Calls that end with their JOIN, or go on as something else, need none.
    private func place(
        for caller: NodeID, _ purpose: StreamSession.AcceptedPurpose, from network: Network?,
        at now: ClusterInstant
    ) -> Conversations.Place {
        switch purpose {
        case .retiredKey, .lifeline, .duplicate: .free
        case .join, .sync, .states, .keys, .message:
            streams.conversations.place(
                for: self.caller(caller, purpose, from: network), at: now)
        }
    }

    private func caller(
        _ member: NodeID, _ purpose: StreamSession.AcceptedPurpose, from network: Network?
    ) -> Conversations.Caller {
        Conversations.Caller(
            member: member, purpose: purpose, network: network,
            isStranger: !view.hasAnswered(member))
    }

    /// JOIN has shown the caller: it gets a place, perhaps that of another. False if there is none.
    private mutating func makePlace(
        for member: NodeID, _ purpose: StreamSession.AcceptedPurpose, on id: StreamID,
        in turn: inout Turn
    ) -> Bool {
        let network = streams.network(of: id)
        switch place(for: member, purpose, from: network, at: turn.now) {
        case .taken: return false
        case .insteadOf(let other): displace(other, in: &turn)
        case .free: break
        }
        streams.conversations.begin(
            id, with: caller(member, purpose, from: network), at: turn.now)
        return true
    }

    private mutating func admit(
        _ record: FullStatement, _ joiner: NodeID, on id: StreamID, in turn: inout Turn
    ) {
        let holder = view.table.bearer(of: record.core.alias, before: joiner)
        if let holder, holder.id != joiner {
            // The holder's record goes along, so that the joiner can say which member it is.
            turn.effects.append(
                .writeStream(
                    id, .peers(.init(total: 1, index: 0, items: [.full(holder.full)]))))
            return end(id, .aliasTaken, in: &turn)
        }
        _ = streams.identify(id, as: joiner, record, over: view.table)
        sendPeerList(on: id, in: &turn)
    }

    private mutating func sendPeerList(on id: StreamID, in turn: inout Turn) {
        let items = view.table.peerList(
            suspicions.verdicts, evidence: lifelines.evidence(at: turn.now), heard: gossip.heard)
        for (index, chunk) in items.chunked.enumerated() {
            let message = StreamMessage.PeerListChunk(
                total: UInt32(clamping: items.count), index: UInt32(clamping: index), items: chunk)
            turn.effects.append(.writeStream(id, .peers(message)))
        }
        turn.effects.append(.writeStream(id, .end(.done)))
    }
}
