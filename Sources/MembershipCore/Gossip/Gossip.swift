import MembershipWire

/// News on its way to all members, and the user messages that have arrived.
///
/// News travels at once: a rumor leaves within milliseconds, to six members, then in doubling gaps
/// to two at a time. Every member knows within tens of milliseconds, and the later waves and the view
/// digest repair what was lost. Specs/Protocol.md, "Rumors".
struct Gossip: Sendable {
    private let configuration: CoreConfiguration
    private var rumors = RumorQueue()
    /// Datagrams of gossip that may be sent. An empty bucket makes waves wait, and never drops.
    private var bucket: TokenBucket
    /// When the bucket has enough for the wave that waits for it. News stays due meanwhile, so that what
    /// waited travels together with what has just come, and before it.
    private var tokensAt: ClusterInstant?
    private var messages = UserMessageFilter()
    /// Of messages to this member alone.
    private var measure: MessageMeasure

    init(_ configuration: CoreConfiguration) {
        self.configuration = configuration
        self.bucket = TokenBucket(perSecond: configuration.gossipPerSecond)
        self.measure = MessageMeasure(configuration, slack: 2)
    }

    /// The result of queueing news.
    struct Queued: Sendable {
        /// When its first wave is due.
        let firstWave: ClusterInstant
        /// The queue was full: this news, or other news that had not left yet, was dropped.
        let isDropped: Bool
    }

    /// The same datagrams for each of some members.
    struct Wave: Sendable {
        let targets: [MemberRecord]
        let datagrams: [Datagram]
    }

    // MARK: News in

    /// Queues news for all members; nil where other news says as much. With `extraSends` it is sent more often
    /// if little else waits: for news that a member must not miss by chance.
    mutating func spread(
        _ item: Item, about subject: RumorQueue.Subject, _ urgency: RumorQueue.Urgency,
        extraSends: Int = 0, among counted: Int, at now: ClusterInstant
    ) -> Queued? {
        if rumors.waiting >= configuration.busyRumors, rumors.isGoneWaiting(instead: subject) {
            return nil
        }
        let isCrowd = urgency == .record && rumors.waitingRecords >= configuration.bulkRecords
        let isBusyState =
            item.carriesState && rumors.states(except: subject) >= configuration.bulkStates
        let delay: Duration =
            if isCrowd {
                configuration.coalesce * configuration.bulkFactor
            } else if isBusyState || rumors.waiting >= configuration.busyRumors {
                configuration.coalesce * configuration.busyFactor
            } else {
                configuration.coalesce
            }
        var sends = isCrowd || isBusyState ? configuration.firstWave : sends(among: counted)
        if rumors.waiting < configuration.busyRumors { sends += extraSends }
        let isQueued = rumors.add(
            item, about: subject, urgency, sends: sends, due: now + delay,
            wavesSkipped: isBusyState ? configuration.bulkStateWave : 0)
        return Queued(firstWave: now + delay, isDropped: !isQueued)
    }

    /// ln N + 5, rounded up, in integers: ln 2 is 693 thousandths. In a tiny cluster twice to each.
    private func sends(among counted: Int) -> Int {
        let others = max(1, counted - 1)
        let log2 = Int.bitWidth - others.leadingZeroBitCount
        return min(
            (log2 * 693 + 999) / 1000 + configuration.extraSends,
            others * configuration.sendsPerMember)
    }

    /// One accusation is withdrawn, or the like.
    mutating func drop(_ subject: RumorQueue.Subject) { rumors.remove(about: subject) }

    /// Everything said about a member so far is overtaken.
    mutating func dropAll(about member: NodeID) { rumors.removeAll(about: member) }

    // MARK: News out

    /// The first or the repair wave that is due; nil if there is none, or nothing may be sent now.
    mutating func takeWave(
        isFirst: Bool, in table: MemberTable, from own: NodeID,
        using random: inout RandomSource, at now: ClusterInstant
    ) -> Wave? {
        let due = rumors.due(
            at: now, isFirstWave: isFirst, ahead: configuration.coalesce * configuration.busyFactor)
        guard !due.isEmpty else { return nil }
        let companions = due.count < configuration.busyRumors ? rumors.companions(of: due) : []
        let fanOut = isFirst ? configuration.firstWave : configuration.repairWave
        let targets = table.sampleForNews(
            fanOut, tried: triedTargets(of: due, among: fanOut),
            unanswering: configuration.unansweringTargets, except: own, using: &random)
        guard !targets.isEmpty else {
            // No other member is left. Whichever comes next is given the peer list; rumors kept
            // for then would be due again at once, over and over.
            rumors.removeAll()
            return nil
        }
        let budget = bucket.available(at: now - .origin) / targets.count
        guard budget > 0 else {
            tokensAt = now + bucket.wait(for: targets.count, at: now - .origin)
            return nil
        }
        let (datagrams, packed) = Self.pack(companions + due, into: budget)
        let sent = packed.subtracting(companions.map(\.serial))
        _ = bucket.take(datagrams.count * targets.count, at: now - .origin)
        tokensAt = nil
        rumors.sent(sent, to: targets.count, at: now, configuration)
        return Wave(targets: targets, datagrams: datagrams)
    }

    /// The targets that must have answered us. News of a crowd that joins goes to any: few have answered each
    /// other yet.
    private func triedTargets(of due: [RumorQueue.Rumor], among fanOut: Int) -> Int {
        due.allSatisfy { $0.urgency == .record } ? 0 : (fanOut + 1) / 3
    }

    /// When the next wave is due, in the future of `now`.
    func nextWave(after now: ClusterInstant) -> ClusterInstant? {
        rumors.earliestDue.map {
            max($0, now + configuration.shortestWavePause, tokensAt ?? .origin)
        }
    }

    /// Fills at most `limit` datagrams with rumors in the order given; returns what fitted.
    private static func pack(
        _ due: [RumorQueue.Rumor], into limit: Int
    ) -> (datagrams: [Datagram], sent: Set<UInt64>) {
        var datagrams: [Datagram] = []
        var sent: Set<UInt64> = []
        let empty = Datagram(.gossip(isFinalCheck: false))
        var current = empty
        var bytes = empty.byteCount
        for rumor in due {
            let isFull =
                bytes + rumor.bytes > Bounds.plaintextBytes.upperBound
                || current.items.count == Bounds.itemsPerDatagram
            if isFull {
                datagrams.append(current)
                current = empty
                bytes = empty.byteCount
                if datagrams.count == limit { break }
            }
            current.items.append(rumor.item)
            bytes += rumor.bytes
            sent.insert(rumor.serial)
        }
        if !current.items.isEmpty, datagrams.count < limit { datagrams.append(current) }
        return (datagrams, sent)
    }

    /// Lets rumors travel on a heartbeat or ack to `member` (piggybacking), the most urgent first, as
    /// far as they fit.
    mutating func piggyback(
        on datagram: inout Datagram, upTo byteLimit: Int, to member: NodeID
    ) {
        guard !rumors.isEmpty else { return }
        var bytes = datagram.byteCount
        var taken: [UInt64] = []
        for index in rumors.inOrder(Array(rumors.rumors.indices))
        where bytes + rumors.rumors[index].bytes <= byteLimit {
            let rumor = rumors.rumors[index]
            guard datagram.items.count < Bounds.itemsPerDatagram else { break }
            guard rumor.subject != .member(member), !datagram.items.contains(rumor.item) else {
                continue
            }
            datagram.items.append(rumor.item)
            bytes += rumor.bytes
            taken.append(rumor.serial)
        }
        rumors.sentAlong(taken)
    }

    // MARK: User messages

    /// The number of our next message.
    mutating func nextMessage(of own: MemberRecord) -> UInt64 { messages.nextSequence(of: own) }

    /// A member that we have just heard of, or another process of it: what was sent before is not new.
    mutating func beginMessages(of record: MemberRecord, isOver: Bool) {
        messages.begin(record, isOver: isOver)
    }

    /// A list says how far the messages of a member have come.
    mutating func note(heard sequence: UInt64, of origin: MemberRecord) {
        messages.note(heard: sequence, of: origin)
    }

    /// The same, for our own lists; nil if we have heard none of that member.
    func heard(of origin: NodeID) -> UInt64? { messages.highest(of: origin) }

    /// The result of checking a user message, on arrival.
    enum Arrival: Sendable {
        /// New and from its origin: it is delivered, and passed on unless its way is over.
        case new(passedOn: UserStatement?)
        case ignored(IgnoredReason)

        /// Whether the signature has decided it.
        var isOfSignature: Bool {
            switch self {
            case .new, .ignored(.badSignature): true
            case .ignored: false
            }
        }
    }

    /// USER: delivered and passed on if it is new and really from its origin. Novelty first, the
    /// signature second.
    mutating func receive(
        _ statement: UserStatement, by authenticator: any StatementAuthenticator,
        origin: MemberRecord
    ) -> Arrival {
        guard messages.isNew(statement.sequence, from: statement.origin) else {
            return .ignored(.duplicateMessage)
        }
        let text = SignedText.user(
            origin: statement.origin, sequence: statement.sequence,
            applicationType: statement.applicationType, payload: statement.payload)
        guard
            authenticator.isValid(statement.signature, of: text, by: origin.core.identityKey)
        else { return .ignored(.badSignature) }
        messages.note(statement.sequence, from: statement.origin)
        guard statement.timeToLive > 0 else { return .new(passedOn: nil) }
        var passedOn = statement
        passedOn.timeToLive -= 1
        return .new(passedOn: passedOn)
    }

    /// The member is gone from the view: its numbers need not be remembered.
    mutating func forgetMessages(from origin: NodeID) {
        messages.forget(origin)
        measure.forget(origin)
    }

    /// Messages of one origin that were queued and have not left yet.
    func messagesWaiting(of origin: NodeID) -> Int { rumors.messagesWaiting(of: origin) }

    /// Whether a message to this member alone is within what it takes from its sender.
    mutating func admitsMessage(from sender: NodeID, at now: ClusterInstant) -> Bool {
        measure.take(for: sender, at: now)
    }
}

extension Item {
    /// Whether it brings values, and not only the news that a version exists.
    fileprivate var carriesState: Bool {
        if case .state(let statement) = self { statement.since < statement.version } else { false }
    }
}
