import MembershipWire

/// Streams carry what does not fit into datagrams: the peer list of a join, the differences of a
/// sync. The handshake proves who calls; what follows is provisional until the stream has ended.
/// Specs/Wire.md, sections 5 and 6.1.
extension ClusterNode {
    mutating func openStream(
        _ role: StreamSession.Role, to endpoint: Endpoint, _ purpose: StreamMessage.Purpose,
        under key: KeyID? = nil, in turn: inout Turn
    ) -> StreamID {
        lastStream += 2
        let id = StreamID(lastStream)
        streams[id] = StreamSession(role)
        deadlines.set(.stream(id), at: turn.now + role.patience)
        let hello = StreamMessage.Hello(
            purpose: purpose, protocolVersions: ProtocolVersion.supported, caller: ownRecord.id)
        turn.effects.append(.openStream(id, to: endpoint, hello, under: key))
        return id
    }

    mutating func handle(
        _ event: StreamInput, on id: StreamID, in turn: inout Turn
    ) {
        switch event {
        case .failed(let failure):
            guard let session = dropStream(id) else { return }
            streamFailed(session, failure, in: &turn)
        case .received(.helloAck(let record, let digest), let boot)
        where streams[id]?.isCall == true:
            receiveAnswer(record, digest, boot, on: id, in: &turn)
        case .received(.hello(let hello), _):
            receiveHello(hello, on: id, in: &turn)
        case .calledUnderRetiredKey(let hello):
            receiveHello(hello, isUnderRetiredKey: true, on: id, in: &turn)
        case .receivedKeys:
            receiveKeys(on: id, in: &turn)
        case .tookKeys(let outcome):
            tookKeys(outcome, on: id, in: &turn)
        case .received(let message, let remoteBoot):
            guard streams[id] != nil else { return counters.count(.unexpectedStreamMessage) }
            receive(message, remoteBoot: remoteBoot, on: id, in: &turn)
        }
    }

    private mutating func receiveHello(
        _ hello: StreamMessage.Hello, isUnderRetiredKey: Bool = false, on id: StreamID,
        in turn: inout Turn
    ) {
        guard streams[id] == nil, !id.isOurs else {
            return counters.count(.unexpectedStreamMessage)
        }
        let incoming = streams.keys.lazy.filter { !$0.isOurs }.count
        let refusal: StreamEndCode? =
            if phase != .running {
                .leaving
            } else if !hello.protocolVersions.overlaps(ProtocolVersion.supported) {
                .version
            } else if incoming >= CoreConfiguration.incomingStreams
                || hello.purpose == .sync && incomingSyncs >= CoreConfiguration.incomingSyncs
            {
                .busy
            } else {
                nil
            }
        if let refusal {
            turn.effects.append(.writeStream(id, .end(refusal)))
            turn.effects.append(.closeStream(id))
            return
        }
        var session = StreamSession(.answerer(isUnderRetiredKey ? .keys : hello.purpose))
        session.isUnderRetiredKey = isUnderRetiredKey
        streams[id] = session
        deadlines.set(.stream(id), at: turn.now + CoreConfiguration.streamPatience)
        turn.effects.append(.writeStream(id, .helloAck(ownRecord.full, viewDigest)))
    }

    private var incomingSyncs: Int {
        streams.values.lazy.filter {
            if case .answerer(.sync) = $0.role { true } else { false }
        }.count
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
            keep(chunk.items, announced: Int(chunk.total), on: id, in: &turn)
        case .syncDelta(let items):
            keep(items, announced: nil, on: id, in: &turn)
        case .syncBuckets(let buckets):
            receiveBuckets(buckets, on: id, in: &turn)
        case .syncIDs(let rows):
            receiveRows(rows, on: id, in: &turn)
        case .syncWant(let members):
            receiveWant(members, on: id, in: &turn)
        case .end(let code):
            receiveEnd(code, on: id, in: &turn)
        }
    }

    /// The record must be signed, and be the record of the very boot that made the handshake.
    func isGenuine(_ record: FullStatement, _ remoteBoot: BootKey?) -> Bool {
        record.core.bootKey == remoteBoot && authenticator.isSigned(record)
    }

    private mutating func receiveHelloAck(
        _ record: FullStatement, _ digest: ViewDigest, _ remoteBoot: BootKey?, on id: StreamID,
        in turn: inout Turn
    ) {
        guard let session = streams[id], id.isOurs, session.remote == nil,
            isGenuine(record, remoteBoot)
        else { return violate(id, in: &turn) }
        if record.core.bootKey == ownRecord.core.bootKey {
            turn.effects.append(.closeStream(id))
            _ = dropStream(id)
            if case .joiner(let attempt) = session.role {
                failJoin(attempt, .selfJoin, in: &turn)
            }
            return
        }
        if case .joiner = session.role, isDuplicateIdentityAtJoin(record) {
            turn.effects.append(.closeStream(id))
            _ = dropStream(id)
            return yieldIdentity(to: record.core.endpoint, in: &turn)
        }
        if case .keysCaller = session.role {
            return giveKeys(to: record, on: id, in: &turn)
        }
        let remote = authenticator.nodeID(of: record.core.identityKey)
        noteKeyring(digest.keyringHash, of: remote, at: turn.now)
        streams[id]?.remote = record
        turn.effects.append(.writeStream(id, .join(ownRecord.full)))
        switch session.role {
        case .joiner: sendPeerList(on: id, in: &turn)
        case .syncer: sendBuckets(on: id, in: &turn)
        case .caller, .keysCaller, .answerer: break
        }
    }

    private mutating func receiveJoin(
        _ record: FullStatement, _ remoteBoot: BootKey?, on id: StreamID, in turn: inout Turn
    ) {
        guard case .answerer(let purpose) = streams[id]?.role, streams[id]?.remote == nil,
            isGenuine(record, remoteBoot)
        else { return violate(id, in: &turn) }
        if streams[id]?.isUnderRetiredKey == true {
            return answerRetiredKey(record, on: id, in: &turn)
        }
        streams[id]?.remote = record
        guard purpose == .join else { return }
        let joiner = authenticator.nodeID(of: record.core.identityKey)
        if let holder = view.table.bearer(of: record.core.alias, before: joiner),
            holder.id != joiner
        {
            // The holder's record goes along, so that the joiner can say who it is.
            turn.effects.append(
                .writeStream(
                    id, .peers(.init(total: 1, index: 0, items: [.full(holder.full)]))))
            return end(id, .aliasTaken, in: &turn)
        }
        sendPeerList(on: id, in: &turn)
    }

    /// Holds what a chunk brought until the stream has ended well. Signatures are checked chunk by chunk,
    /// so that a long list does not hold up everything else; one that is forged ends the stream.
    private mutating func keep(
        _ items: [Item], announced: Int?, on id: StreamID, in turn: inout Turn
    ) {
        guard let announcedBefore = streams[id]?.announcedItems, streams[id]?.remote != nil else {
            return violate(id, in: &turn)
        }
        if let announced { streams[id]?.announcedItems = max(announcedBefore, announced) }
        streams[id]?.brought.beginChunk(of: items.count)
        guard let brought = streams[id]?.brought.count, brought <= 2 * configuration.entryLimit,
            let chunks = streams[id]?.brought.chunks, chunks <= BroughtItems.chunkLimit
        else { return violate(id, in: &turn) }
        for item in items {
            switch item {
            case .full(let statement):
                guard streams[id]?.brought.isFirst(statement) == true else { continue }
                let isNews = view.isNews(statement, by: authenticator)
                guard !isNews || authenticator.isSigned(statement) else {
                    counters.count(.badSignature)
                    return violate(id, in: &turn)
                }
                streams[id]?.brought.keep(statement, isChecked: isNews)
            case .dead(let verdict): streams[id]?.brought.keep(verdict)
            case .suspect(let statement):
                streams[id]?.brought.keep(statement, against: ownRecord.id)
            case .refresh, .view, .user, .relay, .proof, .degraded, .unknown: break
            }
        }
    }

    private mutating func receiveEnd(
        _ code: StreamEndCode, on id: StreamID, in turn: inout Turn
    ) {
        guard let session = streams[id] else { return }
        if case .keysCaller(let target, _, let attempt) = session.role {
            let answer = session.answer(endedWith: code)
            return endKeys(with: target, attempt, answer, on: id, in: &turn)
        }
        guard code == .done, session.remote != nil else {
            turn.effects.append(.closeStream(id))
            _ = dropStream(id)
            return streamRefused(session, code, in: &turn)
        }
        switch session.role {
        case .keysCaller: break
        case .answerer(.keys): finish(id, in: &turn)
        case .joiner(let attempt):
            finish(id, in: &turn)
            guard takeIn(session, .peerList, in: &turn) else {
                return failJoin(attempt, .stream(.broken), in: &turn)
            }
            beginHeartbeats(ofJoin: attempt, session, in: &turn)
        case .syncer:
            finish(id, in: &turn)
            takeIn(session, .sync, in: &turn)
        case .answerer(.sync):
            sendWanted(session, on: id, in: &turn)
            finish(id, in: &turn)
            takeIn(session, .sync, in: &turn)
        case .answerer, .caller:
            finish(id, in: &turn)
            takeIn(session, .sync, in: &turn)
        }
    }

    /// Believes what a stream brought, now that it has ended well. What has become news only since it came
    /// is checked now; if that is forged, all is discarded (false).
    @discardableResult
    mutating func takeIn(
        _ session: StreamSession, _ provenance: Provenance, in turn: inout Turn
    ) -> Bool {
        let (records, verdicts) = (session.brought.records, session.brought.verdicts)
        guard
            records.allSatisfy({
                $0.isChecked || !view.isNews($0.statement, by: authenticator)
                    || authenticator.isSigned($0.statement)
            })
        else {
            counters.count(.badSignature)
            return false
        }
        // A node that brings members of its own tells them whom it met.
        let provenance = provenance == .peerList && view.table.livingCount > 1 ? .sync : provenance
        learn(
            records.map(\.statement), with: session.remote, verdicts, provenance, in: &turn)
        guard phase == .running else { return true }
        for target in verdicts.keys.sorted() {
            guard let verdict = verdicts[target] else { continue }
            hear(verdict, .sync, in: &turn)
        }
        // What is held against others is no business of a stream; against us, we answer it.
        if let accusation = session.brought.accusation {
            hear(accusation, in: &turn)
        }
        return true
    }

    /// The other side first, but where its own list names another before it under its name, that one's
    /// claim is the older (`NameClaims`): then it comes in its turn, or after all. Our own claim begins
    /// where the list has us, else behind all that it brought: so it stands to the others.
    private mutating func learn(
        _ records: [FullStatement], with remote: FullStatement?,
        _ verdicts: [NodeID: DeadStatement], _ provenance: Provenance, in turn: inout Turn
    ) {
        let isFirst = remote.map { !isLaterClaimant($0, in: records) } ?? false
        if let remote, isFirst { learn(remote, provenance, in: &turn) }
        var mustClaim = provenance == .peerList
        for record in records {
            guard phase == .running else { return }
            let id = authenticator.nodeID(of: record.core.identityKey)
            guard id == ownRecord.id else {
                learn(
                    record, provenance, deadIn: verdicts[id], isChecked: true, in: &turn)
                continue
            }
            if mustClaim, record.standing == .alive {
                mustClaim = false
                view.renewClaim(of: id, at: turn.now)
            }
            learn(record, .peerList, in: &turn)
        }
        guard phase == .running else { return }
        if let remote, !isFirst { learn(remote, provenance, in: &turn) }
        if mustClaim { view.renewClaim(of: ownRecord.id, at: turn.now) }
    }

    private func isLaterClaimant(_ remote: FullStatement, in records: [FullStatement]) -> Bool {
        let first = records.first { $0.core.alias == remote.core.alias }
        return first.map { $0.core.identityKey != remote.core.identityKey } ?? false
    }

    // MARK: Ends

    mutating func end(_ id: StreamID, _ code: StreamEndCode, in turn: inout Turn) {
        turn.effects.append(.writeStream(id, .end(code)))
        turn.effects.append(.closeStream(id))
        _ = dropStream(id)
    }

    /// The other side has ended well: so do we.
    private mutating func finish(_ id: StreamID, in turn: inout Turn) {
        if streams[id]?.hasSentEnd != true { turn.effects.append(.writeStream(id, .end(.done))) }
        turn.effects.append(.closeStream(id))
        _ = dropStream(id)
    }

    mutating func violate(_ id: StreamID, in turn: inout Turn) {
        counters.count(.unexpectedStreamMessage)
        turn.effects.append(.closeStream(id))
        guard let session = dropStream(id) else { return }
        streamFailed(session, .broken, in: &turn)
    }

    mutating func giveUpStream(_ id: StreamID, in turn: inout Turn) {
        guard let session = dropStream(id) else { return }
        turn.effects.append(.closeStream(id))
        streamFailed(session, .timedOut, in: &turn)
    }

    mutating func dropStream(_ id: StreamID) -> StreamSession? {
        deadlines.cancel(.stream(id))
        return streams.removeValue(forKey: id)
    }

    private mutating func streamFailed(
        _ session: StreamSession, _ failure: StreamFailure, in turn: inout Turn
    ) {
        switch session.role {
        case .joiner(let attempt): failJoin(attempt, .stream(failure), in: &turn)
        case .caller(let target): callFailed(target, failure, at: turn.now)
        case .keysCaller(let target, _, let attempt):
            concludeKeys(with: target, attempt, .failed(failure), in: &turn)
        case .syncer, .answerer: break
        }
    }

    private mutating func streamRefused(
        _ session: StreamSession, _ code: StreamEndCode, in turn: inout Turn
    ) {
        guard case .joiner(let attempt) = session.role else { return }
        if code == .retiredKey, session.isGivenNewKeys,
            joinWithNewKeys(attempt, in: &turn)
        {
            return
        }
        var refusal = JoinRefusal.ended(code)
        if code == .aliasTaken {
            for holder in session.brought.records.map(\.statement)
            where holder.core.alias == ownRecord.alias {
                refusal = .aliasTaken(
                    by: authenticator.nodeID(of: holder.core.identityKey), at: holder.core.endpoint)
            }
        }
        if code == .leaving { refusal = .leaving }
        failJoin(attempt, refusal, in: &turn)
    }
}
