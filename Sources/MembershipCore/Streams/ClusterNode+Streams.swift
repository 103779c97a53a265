import MembershipWire

/// Streams carry what does not fit into datagrams: the peer list of a join, the differences of a
/// sync. The handshake proves who calls; what follows is provisional until the stream has ended.
/// Specs/Wire.md, sections 5 and 6.1.
extension ClusterNode {
    mutating func openStream(
        _ role: StreamSession.Role, to endpoint: Endpoint, _ purpose: StreamMessage.Purpose,
        under key: KeyID? = nil, at now: ClusterInstant, into effects: inout [Effect]
    ) -> StreamID {
        lastStream += 2
        let id = StreamID(lastStream)
        streams[id] = StreamSession(role)
        deadlines.set(.stream(id), at: now + role.patience)
        let hello = StreamMessage.Hello(
            purpose: purpose, protocolVersions: ProtocolVersion.supported, caller: ownRecord.id)
        effects.append(.openStream(id, to: endpoint, hello, under: key))
        return id
    }

    mutating func handle(
        _ event: StreamInput, on id: StreamID, at now: ClusterInstant, into effects: inout [Effect]
    ) {
        switch event {
        case .failed(let failure):
            guard let session = dropStream(id) else { return }
            streamFailed(session, failure, at: now, into: &effects)
        case .received(.helloAck(let record, let view), let boot) where streams[id]?.isCall == true:
            receiveAnswer(record, view, boot, on: id, at: now, into: &effects)
        case .received(.hello(let hello), _):
            receiveHello(hello, on: id, at: now, into: &effects)
        case .calledUnderRetiredKey(let hello):
            receiveHello(hello, isUnderRetiredKey: true, on: id, at: now, into: &effects)
        case .receivedKeys:
            receiveKeys(on: id, at: now, into: &effects)
        case .tookKeys(let outcome):
            tookKeys(outcome, on: id, at: now, into: &effects)
        case .received(let message, let remoteBoot):
            guard streams[id] != nil else { return counters.count(.unexpectedStreamMessage) }
            receive(message, remoteBoot: remoteBoot, on: id, at: now, into: &effects)
        }
    }

    private mutating func receiveHello(
        _ hello: StreamMessage.Hello, isUnderRetiredKey: Bool = false, on id: StreamID,
        at now: ClusterInstant, into effects: inout [Effect]
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
            effects.append(.writeStream(id, .end(refusal)))
            effects.append(.closeStream(id))
            return
        }
        var session = StreamSession(.answerer(isUnderRetiredKey ? .keys : hello.purpose))
        session.isUnderRetiredKey = isUnderRetiredKey
        streams[id] = session
        deadlines.set(.stream(id), at: now + CoreConfiguration.streamPatience)
        effects.append(.writeStream(id, .helloAck(ownRecord.full, view)))
    }

    private var incomingSyncs: Int {
        streams.values.lazy.filter {
            if case .answerer(.sync) = $0.role { true } else { false }
        }.count
    }

    private mutating func receive(
        _ message: StreamMessage, remoteBoot: BootKey?, on id: StreamID, at now: ClusterInstant,
        into effects: inout [Effect]
    ) {
        switch message {
        case .hello:
            violate(id, at: now, into: &effects)
        case .helloAck(let record, let view):
            receiveHelloAck(record, view, remoteBoot, on: id, at: now, into: &effects)
        case .join(let record):
            receiveJoin(record, remoteBoot, on: id, at: now, into: &effects)
        case .peers(let chunk):
            keep(chunk.items, announced: Int(chunk.total), on: id, at: now, into: &effects)
        case .syncDelta(let items):
            keep(items, announced: nil, on: id, at: now, into: &effects)
        case .syncBuckets(let buckets):
            receiveBuckets(buckets, on: id, at: now, into: &effects)
        case .syncIDs(let rows):
            receiveRows(rows, on: id, at: now, into: &effects)
        case .syncWant(let members):
            receiveWant(members, on: id, at: now, into: &effects)
        case .end(let code):
            receiveEnd(code, on: id, at: now, into: &effects)
        }
    }

    /// The record must be signed, and be the record of the very boot that made the handshake.
    func isGenuine(_ record: FullStatement, _ remoteBoot: BootKey?) -> Bool {
        guard record.core.bootKey == remoteBoot else { return false }
        let text = SignedText.statement(
            authenticator.hash(of: record.core.bytes), record.incarnation, record.standing)
        return authenticator.isValid(record.signature, of: text, by: record.core.identityKey)
    }

    private mutating func receiveHelloAck(
        _ record: FullStatement, _ view: ViewDigest, _ remoteBoot: BootKey?, on id: StreamID,
        at now: ClusterInstant, into effects: inout [Effect]
    ) {
        guard let session = streams[id], id.isOurs, session.remote == nil,
            isGenuine(record, remoteBoot)
        else { return violate(id, at: now, into: &effects) }
        if record.core.bootKey == ownRecord.core.bootKey {
            effects.append(.closeStream(id))
            _ = dropStream(id)
            if case .joiner(let attempt) = session.role {
                failJoin(attempt, .selfJoin, into: &effects)
            }
            return
        }
        if case .joiner = session.role, isNewcomersTwin(record) {
            effects.append(.closeStream(id))
            _ = dropStream(id)
            return yieldIdentity(to: record.core.endpoint, into: &effects)
        }
        if case .keysCaller = session.role {
            return giveKeys(to: record, on: id, at: now, into: &effects)
        }
        let remote = authenticator.nodeID(of: record.core.identityKey)
        noteKeyring(view.keyringHash, of: remote, at: now)
        streams[id]?.remote = record
        effects.append(.writeStream(id, .join(ownRecord.full)))
        switch session.role {
        case .joiner: sendPeerList(on: id, into: &effects)
        case .syncer: sendBuckets(on: id, into: &effects)
        case .caller, .keysCaller, .answerer: break
        }
    }

    private mutating func receiveJoin(
        _ record: FullStatement, _ remoteBoot: BootKey?, on id: StreamID, at now: ClusterInstant,
        into effects: inout [Effect]
    ) {
        guard case .answerer(let purpose) = streams[id]?.role, streams[id]?.remote == nil,
            isGenuine(record, remoteBoot)
        else { return violate(id, at: now, into: &effects) }
        if streams[id]?.isUnderRetiredKey == true {
            return answerRetiredKey(record, on: id, into: &effects)
        }
        streams[id]?.remote = record
        guard purpose == .join else { return }
        let joiner = authenticator.nodeID(of: record.core.identityKey)
        if let holder = table.bearer(of: record.core.alias, before: joiner), holder.id != joiner {
            // The holder's record goes along, so that the joiner can say who it is.
            effects.append(
                .writeStream(
                    id, .peers(.init(total: 1, index: 0, items: [.full(holder.full)]))))
            return end(id, .aliasTaken, into: &effects)
        }
        sendPeerList(on: id, into: &effects)
    }

    /// Holds what a chunk brought until the stream has ended well. Signatures are checked chunk by chunk,
    /// so that a long list does not hold up everything else; one that is forged ends the stream.
    private mutating func keep(
        _ items: [Item], announced: Int?, on id: StreamID, at now: ClusterInstant,
        into effects: inout [Effect]
    ) {
        guard let announcedBefore = streams[id]?.announcedItems, streams[id]?.remote != nil else {
            return violate(id, at: now, into: &effects)
        }
        if let announced { streams[id]?.announcedItems = max(announcedBefore, announced) }
        streams[id]?.brought.beginChunk(of: items.count)
        guard let brought = streams[id]?.brought.count, brought <= 2 * configuration.entryLimit,
            let chunks = streams[id]?.brought.chunks, chunks <= BroughtItems.chunkLimit
        else { return violate(id, at: now, into: &effects) }
        for item in items {
            switch item {
            case .full(let statement):
                guard streams[id]?.brought.isFirst(statement) == true else { continue }
                let isNews = isNews(statement)
                guard !isNews || isGenuine(statement) else {
                    counters.count(.badSignature)
                    return violate(id, at: now, into: &effects)
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
        _ code: StreamEndCode, on id: StreamID, at now: ClusterInstant, into effects: inout [Effect]
    ) {
        guard let session = streams[id] else { return }
        if case .keysCaller(let target, _, let attempt) = session.role {
            let answer = session.answer(endedWith: code)
            return endKeys(with: target, attempt, answer, on: id, at: now, into: &effects)
        }
        guard code == .done, session.remote != nil else {
            effects.append(.closeStream(id))
            _ = dropStream(id)
            return streamRefused(session, code, at: now, into: &effects)
        }
        switch session.role {
        case .keysCaller: break
        case .answerer(.keys): finish(id, into: &effects)
        case .joiner(let attempt):
            finish(id, into: &effects)
            guard takeIn(session, .peerList, at: now, into: &effects) else {
                return failJoin(attempt, .stream(.broken), into: &effects)
            }
            beginHeartbeats(ofJoin: attempt, session, at: now, into: &effects)
        case .syncer:
            finish(id, into: &effects)
            takeIn(session, .sync, at: now, into: &effects)
        case .answerer(.sync):
            sendWanted(session, on: id, into: &effects)
            finish(id, into: &effects)
            takeIn(session, .sync, at: now, into: &effects)
        case .answerer, .caller:
            finish(id, into: &effects)
            takeIn(session, .sync, at: now, into: &effects)
        }
    }

    /// Believes what a stream brought, now that it has ended well. What has become news only since it came
    /// is checked now; if that is forged, all is discarded (false).
    @discardableResult
    mutating func takeIn(
        _ session: StreamSession, _ hearing: Hearing, at now: ClusterInstant,
        into effects: inout [Effect]
    ) -> Bool {
        let (records, verdicts) = (session.brought.records, session.brought.verdicts)
        guard
            records.allSatisfy({
                $0.isChecked || !isNews($0.statement) || isGenuine($0.statement)
            })
        else {
            counters.count(.badSignature)
            return false
        }
        // A node that brings members of its own tells them whom it met.
        let hearing = hearing == .peerList && table.livingCount > 1 ? .sync : hearing
        learn(
            records.map(\.statement), with: session.remote, verdicts, hearing, at: now,
            into: &effects)
        guard phase == .running else { return true }
        for target in verdicts.keys.sorted() {
            guard let verdict = verdicts[target] else { continue }
            hear(verdict, .sync, at: now, into: &effects)
        }
        // What is held against others is no business of a stream; against us, we answer it.
        if let accusation = session.brought.accusation {
            hear(accusation, at: now, into: &effects)
        }
        return true
    }

    /// The other side first, but where its own list names another before it under its name, that one's
    /// claim is the older (`NameClaims`): then it comes in its turn, or after all. Our own claim begins
    /// where the list has us, else behind all that it brought: so it stands to the others.
    private mutating func learn(
        _ records: [FullStatement], with remote: FullStatement?,
        _ verdicts: [NodeID: DeadStatement], _ hearing: Hearing, at now: ClusterInstant,
        into effects: inout [Effect]
    ) {
        let isFirst = remote.map { !isLaterClaimant($0, in: records) } ?? false
        if let remote, isFirst { learn(remote, hearing, at: now, into: &effects) }
        var mustClaim = hearing == .peerList
        for record in records {
            guard phase == .running else { return }
            let id = authenticator.nodeID(of: record.core.identityKey)
            guard id == ownRecord.id else {
                learn(
                    record, hearing, deadIn: verdicts[id], isChecked: true, at: now, into: &effects)
                continue
            }
            if mustClaim, record.standing == .alive {
                mustClaim = false
                table.renewClaim(of: id, at: now)
            }
            learn(record, .peerList, at: now, into: &effects)
        }
        guard phase == .running else { return }
        if let remote, !isFirst { learn(remote, hearing, at: now, into: &effects) }
        if mustClaim { table.renewClaim(of: ownRecord.id, at: now) }
    }

    private func isLaterClaimant(_ remote: FullStatement, in records: [FullStatement]) -> Bool {
        let first = records.first { $0.core.alias == remote.core.alias }
        return first.map { $0.core.identityKey != remote.core.identityKey } ?? false
    }

    /// Whether a record could be taken in. What is no news is not looked at.
    private func isNews(_ statement: FullStatement) -> Bool {
        guard let known = table[authenticator.nodeID(of: statement.core.identityKey)]?.record else {
            return true
        }
        return statement.incarnation >= known.incarnation && known.full != statement
    }

    /// Whether a record is signed by its member.
    private func isGenuine(_ statement: FullStatement) -> Bool {
        let hash = authenticator.hash(of: statement.core.bytes)
        return authenticator.isValid(
            statement.signature,
            of: .statement(hash, statement.incarnation, statement.standing),
            by: statement.core.identityKey)
    }

    // MARK: Ends

    mutating func end(_ id: StreamID, _ code: StreamEndCode, into effects: inout [Effect]) {
        effects.append(.writeStream(id, .end(code)))
        effects.append(.closeStream(id))
        _ = dropStream(id)
    }

    /// The other side has ended well: so do we.
    private mutating func finish(_ id: StreamID, into effects: inout [Effect]) {
        if streams[id]?.hasSentEnd != true { effects.append(.writeStream(id, .end(.done))) }
        effects.append(.closeStream(id))
        _ = dropStream(id)
    }

    mutating func violate(_ id: StreamID, at now: ClusterInstant, into effects: inout [Effect]) {
        counters.count(.unexpectedStreamMessage)
        effects.append(.closeStream(id))
        guard let session = dropStream(id) else { return }
        streamFailed(session, .broken, at: now, into: &effects)
    }

    mutating func giveUpStream(_ id: StreamID, at now: ClusterInstant, into effects: inout [Effect])
    {
        guard let session = dropStream(id) else { return }
        effects.append(.closeStream(id))
        streamFailed(session, .timedOut, at: now, into: &effects)
    }

    mutating func dropStream(_ id: StreamID) -> StreamSession? {
        deadlines.cancel(.stream(id))
        return streams.removeValue(forKey: id)
    }

    private mutating func streamFailed(
        _ session: StreamSession, _ failure: StreamFailure, at now: ClusterInstant,
        into effects: inout [Effect]
    ) {
        switch session.role {
        case .joiner(let attempt): failJoin(attempt, .stream(failure), into: &effects)
        case .caller(let target): callFailed(target, failure, at: now)
        case .keysCaller(let target, _, let attempt):
            concludeKeys(with: target, attempt, .failed(failure), at: now, into: &effects)
        case .syncer, .answerer: break
        }
    }

    private mutating func streamRefused(
        _ session: StreamSession, _ code: StreamEndCode, at now: ClusterInstant,
        into effects: inout [Effect]
    ) {
        guard case .joiner(let attempt) = session.role else { return }
        if code == .retiredKey, session.isGivenNewKeys,
            joinWithNewKeys(attempt, at: now, into: &effects)
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
        failJoin(attempt, refusal, into: &effects)
    }
}
