import MembershipWire

/// Carries out the decisions about streams: see `Streams` and `StreamSession`.
extension ClusterNode {
    mutating func openStream(
        _ purpose: StreamPurpose, to endpoint: Endpoint, under key: KeyID? = nil,
        in turn: inout Turn
    ) {
        let id = streams.open(purpose, to: endpoint)
        agenda.deadlines.set(.stream(id), at: turn.now + purpose.patience(by: configuration))
        let hello = StreamMessage.Hello(
            purpose: purpose.announced, protocolVersions: ProtocolVersion.supported,
            caller: ownRecord.id)
        turn.effects.append(.openStream(id, to: endpoint, hello, under: key))
    }

    mutating func handle(
        _ event: StreamInput, on id: StreamID, in turn: inout Turn
    ) {
        if lifelines.holds(id) { return handleLifeline(event, on: id, in: &turn) }
        switch event {
        case .failed(let failure):
            if let session = dropStream(id) { streamFailed(session, failure, in: &turn) }
        case .cut:
            if let session = dropStream(id) { streamCut(session, .broken, in: &turn) }
        case .comes(let network): streams.note(network, of: id)
        case .received(.hello(let hello), _):
            receiveHello(hello, on: id, in: &turn)
        case .calledUnderRetiredKey(let hello):
            receiveHello(hello, isUnderRetiredKey: true, on: id, in: &turn)
        case .receivedKeys:
            receiveKeys(on: id, in: &turn)
        case .tookKeys(let outcome):
            tookKeys(outcome, on: id, in: &turn)
        case .received(let message, let remoteBoot):
            guard streams.isOpen(id) else { return counters.count(.unexpectedStreamMessage) }
            streams.conversations.heard(on: id, at: turn.now)
            receive(message, remoteBoot: remoteBoot, on: id, in: &turn)
        }
    }

    private mutating func receive(
        _ message: StreamMessage, remoteBoot: BootKey?, on id: StreamID, in turn: inout Turn
    ) {
        switch message {
        case .hello:
            violate(id, in: &turn)
        case .helloAck(let record, let digest):
            receiveHelloAck(record, digest, remoteBoot, on: id, in: &turn)
        case .join(let record):
            receiveJoin(record, remoteBoot, on: id, in: &turn)
        case .peers(let chunk):
            stage(chunk.items, on: id, in: &turn)
        case .syncDelta(let items):
            stage(items, on: id, in: &turn)
        case .syncBuckets(let hashes):
            receiveBuckets(ViewBuckets(hashes), on: id, in: &turn)
        case .syncIDs(let rows):
            receiveRows(rows, on: id, in: &turn)
        case .syncWant(let members):
            receiveWants(members, on: id, in: &turn)
        case .data(let part):
            receiveData(part, on: id, in: &turn)
        case .end(let code):
            receiveEnd(code, on: id, in: &turn)
        }
    }

    // MARK: Ends

    private mutating func receiveEnd(
        _ code: StreamEndCode, on id: StreamID, in turn: inout Turn
    ) {
        guard let session = dropStream(id) else { return }
        switch session {
        case .opened(.keys(let call)):
            turn.effects.append(.closeStream(id))
            conclude(call, KeysReceipt.none.answer(endedWith: code), in: &turn)
        case .givingKeys(let call, let keys):
            finish(id, isEnded: false, in: &turn)
            conclude(call, keys.answer(endedWith: code), in: &turn)
        case .opened, .accepted:
            turn.effects.append(.closeStream(id))
            streamRefused(session, code, in: &turn)
        case .talking(let call):
            finish(id, isEnded: false, in: &turn)
            tell(.ended(attempt: call.attempt, .ended(code)), in: &turn)
        case .listening:
            turn.effects.append(.closeStream(id))
            tell(.callerGone(id), in: &turn)
        case .joining, .syncing, .admitting, .answeringSync, .receivingKeys:
            guard code == .done else {
                turn.effects.append(.closeStream(id))
                return streamRefused(session, code, in: &turn)
            }
            receiveGoodEnd(of: session, on: id, in: &turn)
        }
    }

    /// The other side has said all: so do we, and believe what it said.
    private mutating func receiveGoodEnd(
        of session: StreamSession, on id: StreamID, in turn: inout Turn
    ) {
        switch session {
        case .joining(let attempt, let staged, _):
            finish(id, isEnded: true, in: &turn)
            guard takeIn(staged, .peerList, in: &turn) else {
                return failJoin(attempt, .stream(.broken), in: &turn)
            }
            own.duplicates.noteFirstPeerList()
            beginHeartbeats(ofJoin: attempt, staged, in: &turn)
        case .admitting(let staged):
            finish(id, isEnded: true, in: &turn)
            takeIn(staged, .call(of: staged.sender), in: &turn)
        case .syncing(let request):
            finish(id, isEnded: request.isAnswered, in: &turn)
            takeIn(request.staged, .sync, in: &turn)
            if let accusation = request.staged.accusation {
                noteCalledInVain(accusation, in: &turn)
            }
        case .answeringSync(let answer):
            sendWanted(by: answer, on: id, in: &turn)
            finish(id, isEnded: false, in: &turn)
            takeIn(answer.staged, .call(of: answer.staged.sender), in: &turn)
        case .receivingKeys(_, let keys):
            finish(id, isEnded: keys.isTaken, in: &turn)
        case .opened, .accepted, .givingKeys, .talking, .listening: break
        }
    }

    private mutating func finish(_ id: StreamID, isEnded: Bool, in turn: inout Turn) {
        if !isEnded { turn.effects.append(.writeStream(id, .end(.done))) }
        turn.effects.append(.closeStream(id))
    }

    mutating func end(_ id: StreamID, _ code: StreamEndCode, in turn: inout Turn) {
        turn.effects.append(.writeStream(id, .end(code)))
        _ = closeStream(id, in: &turn)
    }

    /// A caller takes the place of a conversation, which has brought nothing.
    mutating func displace(_ id: StreamID, in turn: inout Turn) {
        turn.effects.append(.writeStream(id, .end(.busy)))
        guard let session = closeStream(id, in: &turn) else { return }
        streamFailed(session, .broken, in: &turn)
    }

    mutating func violate(_ id: StreamID, in turn: inout Turn) {
        counters.count(.unexpectedStreamMessage)
        guard let session = closeStream(id, in: &turn) else { return }
        streamFailed(session, .broken, in: &turn)
    }

    mutating func giveUpStream(_ id: StreamID, in turn: inout Turn) {
        guard streams.isOpen(id), let session = closeStream(id, in: &turn) else { return }
        streamCut(session, .timedOut, in: &turn)
    }

    /// A stream took too much or too long. The records that it brought until then are each signed,
    /// and the living come first: so each sync makes progress, however large the tables are.
    private mutating func streamCut(
        _ session: StreamSession, _ failure: StreamFailure, in turn: inout Turn
    ) {
        switch session {
        case .joining(let attempt, let staged, _):
            guard staged.livingCount > 0, takeIn(staged, .peerList, in: &turn) else { break }
            return beginHeartbeats(ofJoin: attempt, staged, in: &turn)
        case .syncing(let request): takeIn(request.staged, .sync, in: &turn)
        case .answeringSync(let answer):
            takeIn(answer.staged, .call(of: answer.staged.sender), in: &turn)
        case .admitting(let staged): takeIn(staged, .call(of: staged.sender), in: &turn)
        case .opened, .accepted, .givingKeys, .talking, .receivingKeys, .listening: break
        }
        streamFailed(session, failure, in: &turn)
    }

    mutating func closeStream(_ id: StreamID, in turn: inout Turn) -> StreamSession? {
        turn.effects.append(.closeStream(id))
        return dropStream(id)
    }

    /// Forgets a stream, which may go on as a lifeline.
    mutating func dropStream(_ id: StreamID) -> StreamSession? {
        agenda.deadlines.cancel(.stream(id))
        return streams.close(id)
    }

    private mutating func streamFailed(
        _ session: StreamSession, _ failure: StreamFailure, in turn: inout Turn
    ) {
        if case .listening(let id, _) = session { return tell(.callerGone(id), in: &turn) }
        switch session.purpose {
        case .message(let call):
            tell(.ended(attempt: call.attempt, .failed(failure)), in: &turn)
        case .join(let attempt): failJoin(attempt, .stream(failure), in: &turn)
        case .probe(let target): failTCPProbe(of: target, failure, at: turn.now)
        case .keys(let call): conclude(call, .failed(failure), in: &turn)
        case .duplicate(let call):
            if let attempt = call.attempt { failJoin(attempt, .stream(failure), in: &turn) }
        case .lifeline(let target): lifelineFailed(target, failure, in: &turn)
        case .sync, .states, .claim, nil: break
        }
    }

    private mutating func streamRefused(
        _ session: StreamSession, _ code: StreamEndCode, in turn: inout Turn
    ) {
        if case .duplicate(let call) = session.purpose, let attempt = call.attempt {
            return failJoin(attempt, refusal(code, nil), in: &turn)
        }
        if case .message(let call) = session.purpose {
            return tell(.ended(attempt: call.attempt, .ended(code)), in: &turn)
        }
        if case .lifeline(let target) = session.purpose {
            return lifelineDeclined(target, in: &turn)
        }
        guard case .join(let attempt) = session.purpose else { return }
        if code == .retiredKey, session.keys?.hasGivenKeys == true,
            joinWithNewKeys(attempt, in: &turn)
        {
            return
        }
        failJoin(attempt, refusal(code, session.staged), in: &turn)
    }

    private func refusal(_ code: StreamEndCode, _ staged: StagedItems?) -> JoinRefusal {
        switch code {
        case .leaving: return .leaving
        case .aliasTaken:
            let holder = staged?.records.last { $0.statement.core.alias == ownRecord.alias }
            guard let core = holder?.statement.core else { return .ended(code) }
            return .aliasTaken(
                by: authenticator.nodeID(of: core.identityKey), at: core.endpoint)
        case .done, .retiredKey, .unknownKey, .wrongCluster, .version, .busy, .protocolViolation,
            .cannotKeep, .inMemoryOnly, .noHandler, .tooLong, .applicationRefused, .moved,
            .heldDead, .oldBoot, .noLifelines:
            return .ended(code)
        }
    }
}
