internal import Logging
internal import MembershipCore
internal import MembershipSecurity
import MembershipWire
import NIOCore

/// Runs one `ClusterNode` on one event loop.
///
/// The node is a value that decides; this is the code around it: bytes in, `Input`; `Effect`, bytes
/// out. Everything here happens on the loop, so there are no locks, and no datagram passes from one
/// thread to another. Data for other threads is published at the end of a burst: one snapshot and
/// one look at the timer for up to 32 datagrams.
///
/// It is divided by purpose: `+Boot`, `+Keys`, `+Datagrams`, `+Streams`, `+Timer`, `+Messages`,
/// `+Commands`.
final class NodeRunner {
    let loop: any EventLoop
    let logger: Logger
    let settings: RunnerSettings
    /// The data published for other threads.
    let published: PublishedView
    let events: EventBroadcast
    let messages: MessageBroadcast
    let states: StateBoard

    var node: ClusterNode
    var gate: FrameGate

    // +Keys
    let cluster: ClusterID
    let keyStore: KeyStore
    var keyset: Keyset
    var secrets: ClusterSecrets
    var entitled: Entitled
    /// +KeyRotation: whether this node drives a rotation.
    var isRotating = false
    var keysGiven: [UInt64: (KeysAnswer) -> Void] = [:]
    var nextKeysAttempt: UInt64 = 1

    // +Boot
    let identity: NodeIdentity
    var boot: BootKeys
    var bootAge: BootAge
    var former: FormerGate?
    var clockWatch = ClockWatch()
    var mayBeCopied = false
    /// Whether another member states our boot key as its own.
    var isBootClaimed = false

    /// Filled by the core, emptied by `perform`. Two buffers, so that nothing is allocated.
    private var effects: [Effect] = []
    private var performing: [Effect] = []
    private var isPerforming = false
    /// True while datagrams or stream bytes are read: their results are published at the end.
    private var isInBurst = false
    private var newEvents: [ClusterEvent] = []
    /// The members of `newEvents`, as they were last reported.
    private var toldOf: [NodeID: Member] = [:]
    private(set) var listing = MemberIndex()
    /// Counts warnings about members that were not logged because there were too many.
    private var warnings = WarningLimit()
    /// Published with the members.
    var agreement = ReadAgreement()
    /// Whether there are new members since they were last stored on disk.
    private var hasNewMembers = false

    // +Datagrams
    var datagrams: (any Channel)?
    var meter = TrafficMeter()
    /// The buffer of received plaintext.
    var plaintext: [UInt8] = []
    /// The buffer of sent messages, before and after sealing.
    var message: [UInt8] = []
    var frame: [UInt8] = []
    var addresses: [Endpoint: SocketAddress] = [:]
    /// The system's errors on sending that have been reported.
    var warnedOfErrors: Set<CInt> = []
    /// When a connection could last not be accepted because no file was free.
    var filesEndedAt: ClusterInstant?
    /// Members for which it has been reported that this host does not send to them.
    var toldUnsendable: Set<Endpoint> = []
    let metrics: ClusterMetrics

    // +Messages
    /// Of messages to single members.
    var outgoing: MessageMeasure
    /// +Talks
    var talks = Talks()

    // +Timer
    lazy var timer = DeadlineTimer(on: loop) { [weak self] in self?.timerFired() }
    var clockTimer: NIOScheduledCallback?
    var drain = DrainBeforeTimer()

    // +Streams
    var acceptor: (any Channel)?
    var streams: [StreamID: StreamConnection] = [:]
    var admission: InboundAdmission
    var inboundMemory: StreamMemory
    /// Of the streams that this node has opened.
    var ownMemory: StreamMemory
    var freeMemory = FreeMemory()
    var nextInboundStream: UInt64 = 1

    // +Commands
    var lifecycle = Lifecycle.running
    var joins: [UInt64: (JoinAnswer) -> Void] = [:]
    var nextAttempt: UInt64 = 1
    let startedAt: ClusterInstant
    let stopped: EventLoopPromise<StopReason>

    enum Lifecycle {
        case running
        case leaving
        case stopped
    }

    init(
        _ prepared: PreparedNode, settings: RunnerSettings, published: PublishedView,
        events: EventBroadcast, messages: MessageBroadcast, states: StateBoard,
        logger: Logger, loop: any EventLoop
    ) {
        self.loop = loop
        self.settings = settings
        self.published = published
        self.events = events
        self.messages = messages
        self.states = states
        self.logger = logger
        cluster = prepared.secrets.cluster
        keyStore = prepared.keyStore
        keyset = prepared.keyset
        secrets = prepared.secrets
        entitled = Entitled(prepared.directory?.entitled ?? [:])
        identity = prepared.identity
        boot = prepared.boot
        gate = FrameGate(secrets: prepared.secrets, boot: prepared.boot)
        bootAge = BootAge(beginningAt: ClusterInstant.now() - .origin, GateCounters())
        node = prepared.makeNode()
        outgoing = MessageMeasure(node.configuration)
        metrics = ClusterMetrics(cluster: settings.clusterName, node: settings.name)
        admission = InboundAdmission(limits: settings.streamLimits)
        let limits = settings.streamLimits
        inboundMemory = StreamMemory(limit: limits.inboundBytes, favour: limits.favourOfMembers)
        ownMemory = StreamMemory(limit: limits.ownBytes, favour: limits.favourOfJoins)
        startedAt = .now()
        stopped = loop.makePromise()
    }
}

/// The constant settings of a runner.
struct RunnerSettings {
    let clusterName: String
    let name: NodeAlias
    let bound: Endpoint
    let family: SocketFamily
    let udp: UDPSocket
    let directory: NodeDirectory?
    var keptIdentity: KeptIdentity?
    /// nil: no faults.
    var faults: NetworkFaults?
    var streamLimits = StreamLimits()
}

/// The reason why a node has stopped.
enum StopReason: Sendable {
    case left
    /// Closed without a goodbye.
    case closed
    case identityTaken(by: Endpoint)
}

// MARK: One pass

extension NodeRunner {
    /// Gives the node an input and carries out its effects, until there are none left.
    func feed(_ input: Input, at now: ClusterInstant = .now()) {
        guard lifecycle != .stopped else { return }
        node.handle(input, at: now, into: &effects)
        perform()
        if !isInBurst { endPass() }
    }

    /// Bytes are about to be read, perhaps many messages.
    func beginBurst() { isInBurst = true }

    /// The read is over.
    func endBurst() {
        isInBurst = false
        endPass()
    }

    private func perform() {
        // An effect may cause the next input at once (for example a full stream). That input is
        // appended and handled by the pass under way.
        guard !isPerforming else { return }
        isPerforming = true
        while !effects.isEmpty {
            swap(&effects, &performing)
            for effect in performing { perform(effect) }
            performing.removeAll(keepingCapacity: true)
        }
        isPerforming = false
    }

    private func perform(_ effect: Effect) {
        switch effect {
        case .send(let datagram, let sequence, let destination):
            send(datagram, sequence: sequence, to: destination)
        case .openStream(let id, let endpoint, let hello, let key):
            openStream(id, to: endpoint, hello, under: key)
        case .sendKeys(let id): sendKeys(on: id)
        case .takeKeys(let id): takeKeys(on: id)
        case .answerRetiredKey(let id, let caller): answerRetiredKey(on: id, caller: caller)
        case .writeStream(let id, let message): streams[id]?.write(message)
        case .closeStream(let id): streams.removeValue(forKey: id)?.finish()
        case .knock(let id, let endpoint, let patience):
            knock(id, at: endpoint, within: patience)
        case .notify(let notice): receive(notice)
        }
    }

    /// The end of a burst: publishes changes and sets the timer.
    private func endPass() {
        guard lifecycle != .stopped else { return }
        let now = ClusterInstant.now()
        listing.noteSilentChanges(in: node.view.table, at: now)
        publish()
        armTimer()
        if metrics.isDue(at: now) { reportMetrics(at: now) }
    }

    func publish() {
        let isAgreementNew = readAgreement(listing.isStale)
        let isStale = listing.isStale
        if isStale {
            publishMembers()
        } else if isAgreementNew {
            published.publish(agreement)
        }
        guard isStale || !newEvents.isEmpty else { return }
        events.publish(newEvents, members: listing.list)
        newEvents.removeAll(keepingCapacity: true)
        toldOf.removeAll(keepingCapacity: true)
    }

    /// Publishes only the changes: every change in the cluster pays for this.
    private func publishMembers() {
        let now = ClusterInstant.now()
        var local: Member?
        listing.update { id in
            guard let status = node.status(of: id, at: now) else { return nil }
            let row = makeRow(status, at: now)
            if row.member.isSelf { local = row.member }
            return row
        }
        published.publish(listing.list, local: local, agreement)
        hasNewMembers = true
    }

    /// The start: publishes this node itself, and its given members.
    func publishAll() {
        let now = ClusterInstant.now()
        listing.fill(node.members(at: now).map { makeRow($0, at: now) })
        let local = node.status(of: node.ownRecord.id, at: now).map { makeRow($0, at: now).member }
        published.publish(listing.list, local: local, agreement)
        hasNewMembers = true
        events.publish(newEvents, members: listing.list)
        newEvents.removeAll(keepingCapacity: true)
        toldOf.removeAll(keepingCapacity: true)
    }

    /// A member has acknowledged a heartbeat.
    func noteAnswer(of boot: BootID) {
        guard let id = node.view.table.id(of: boot) else { return }
        listing.noteAnswer(of: id)
    }

    /// Reads the round-trip times of members again that have answered.
    func refreshRoundTrips() {
        listing.refreshAnswered(atMost: Self.refreshedAtOnce)
        let hadNewMembers = hasNewMembers
        publish()
        hasNewMembers = hadNewMembers
    }

    /// A few microseconds each.
    private static let refreshedAtOnce = 512

    private func reportMetrics(at now: ClusterInstant) {
        metrics.report(
            meter.traffic, lifelines: lifelines, refused: allRefusals,
            counts: listing.list.count(_:),
            localHealth: node.localHealth, at: now)
    }
}

// MARK: Notices of the node

extension NodeRunner {
    /// An event for users, delivered at the end of the burst.
    func tell(_ event: ClusterEvent) {
        newEvents.append(event)
        if !isInBurst, !isPerforming { publish() }
    }

    private func receive(_ notice: Notice) {
        switch notice {
        case .changed(let change):
            listing.noteChange(of: change.record.id)
            if change.kind == .removed { outgoing.forget(change.record.id) }
            let member = makeMember(change)
            log(change, member)
            let was = toldOf[member.id] ?? listing.member(member.id) ?? member
            toldOf[member.id] = member
            if let event = ClusterEvent(change.kind, member, was: was) { newEvents.append(event) }
        case .joined(let attempt, let outcome):
            keepMembers()
            joins.removeValue(forKey: attempt)?(.joined(outcome))
        case .joinFailed(let attempt, let refusal):
            joins.removeValue(forKey: attempt)?(.failed(JoinFailure(refusal)))
        case .noUDP(let record):
            tell(.notice(.noUDP(to: record.alias, endpoint: record.endpoint)))
            warn(
                about: record.id, "joined, but heartbeats get no answer by UDP",
                ["member": "\(record.alias)", "endpoint": "\(record.endpoint)"])
        case .streamOnly(let record):
            listing.noteChange(of: record.id)
            tell(.notice(.onlyTCP(from: record.alias, endpoint: record.endpoint)))
            warn(
                about: record.id, "a member answers by TCP only: UDP with it is blocked",
                ["member": "\(record.alias)", "endpoint": "\(record.endpoint)"])
        case .equivocation(let evidence):
            let core = evidence.first.core
            let proof = evidence.proof
            tell(.notice(.contradiction(by: core.alias, at: core.endpoint, proof: proof)))
            warn(
                about: NodeID(of: core.identityKey),
                "a member has signed two statements under one incarnation",
                [
                    "member": "\(core.alias)", "incarnation": "\(evidence.first.incarnation)",
                    "first": "\(core.endpoint)", "second": "\(evidence.second.core.endpoint)",
                    "proof": "\(hexadecimal(proof))",
                ])
        case .nameContested(let bearer, let other):
            listing.noteChange(of: bearer.id)
            listing.noteChange(of: other.id)
            tell(
                .notice(
                    .nameContested(
                        bearer.alias, bearer: bearer.id, at: bearer.endpoint, rival: other.id,
                        rivalAt: other.endpoint)))
            warn(
                about: other.id, "a member states a name that is another's",
                [
                    "name": "\(bearer.alias)", "bearer": "\(bearer.id)", "member": "\(other.id)",
                    "endpoint": "\(other.endpoint)",
                ])
        case .ownBootClaimed(let record):
            tell(.notice(.ownBootClaimed(by: record.alias, at: record.endpoint)))
            warn(
                about: record.id, "a member states the boot key of this node as its own",
                ["member": "\(record.alias)", "endpoint": "\(record.endpoint)"])
            isBootClaimed = true
        case .uncallable(let record):
            tell(.notice(.uncallable(record.alias, at: record.endpoint)))
            warn(
                about: record.id, "a member says that it lives and does not answer at its address",
                ["member": "\(record.alias)", "endpoint": "\(record.endpoint)"])
        case .ownAddressUncallable(let endpoint, let members):
            tell(.notice(.ownAddressUncallable(endpoint, triedBy: members.map(\.alias))))
            logger.warning(
                "no member gets an answer at the address that this node states",
                metadata: ["endpoint": "\(endpoint)"])
        case .identityInUse(let endpoint): stop(.identityTaken(by: endpoint))
        case .leaveCompleted(let confirmations):
            logger.info("left the cluster", metadata: ["confirmations": "\(confirmations)"])
            stop(.left)
        case .userMessage(let origin, let type, let payload):
            deliver(Message(from: origin, type: type, payload: payload, kind: .broadcast))
        case .stateChanged(let member, let map): states.publish(map, of: member)
        case .talk(let news): receive(news)
        case .memberMessage(let sender, let type, let payload):
            deliver(Message(from: sender, type: type, payload: payload, kind: .datagram))
        case .keysGiven(let attempt, let answer):
            keysGiven.removeValue(forKey: attempt)?(answer)
        case .ownRecordChanged(let record):
            listing.noteChange(of: record.id)
            save(record.incarnation)
        }
    }

    private func save(_ incarnation: Incarnation) {
        settings.directory?.save(.incarnation(incarnation), report: diskReport)
        settings.keptIdentity?.save(incarnation)
    }

    /// Stores the known members for the next life. Members that cannot be encoded were never
    /// received.
    func keepMembers() {
        guard let directory = settings.directory else { return }
        hasNewMembers = false
        let (chunks, count) = node.memory()
        guard let bytes = try? MemberFile.encode(chunks, total: count) else { return }
        directory.save(.members(bytes), report: diskReport)
    }

    func keepMembersIfNew() {
        if hasNewMembers { keepMembers() }
    }

    var diskReport: @Sendable (ClusterError) -> Void {
        let logger = logger
        return { error in
            logger.warning(
                "what the node must know after a restart could not be kept on disk",
                metadata: ["error": "\(error)"])
        }
    }

    /// Any member that can cause a warning can cause a line in the log: see `WarningLimit`.
    private func warn(
        about member: NodeID, _ message: Logger.Message,
        _ metadata: @autoclosure () -> Logger.Metadata
    ) {
        guard let unsaid = warnings.admits(member, "\(message)", at: .now() - .origin) else {
            return
        }
        var metadata = metadata()
        if unsaid > 0 { metadata["unsaid"] = "\(unsaid)" }
        logger.warning(message, metadata: metadata)
    }

    private func log(_ change: MemberChange, _ member: Member) {
        logger.log(
            level: change.kind.logLevel, "member \(change.kind)",
            metadata: [
                "member": "\(member.name)", "id": "\(member.id)", "state": "\(member.state)",
                "endpoint": "\(member.endpoint)", "incarnation": "\(member.incarnation)",
                "why": "\(member.reason?.text ?? "-")",
            ])
    }
}

// MARK: Members

extension NodeRunner {
    func makeMembers(at now: ClusterInstant) -> [Member] {
        MemberList(node.members(at: now).map { makeRow($0, at: now) }).members(at: now)
    }

    private func makeRow(_ status: MemberStatus, at now: ClusterInstant) -> MemberList.Row {
        MemberList.Row(
            member: Member(status, at: now, names: name(of:)), since: status.since)
    }

    private func makeMember(_ change: MemberChange) -> Member {
        let status = node.status(of: change.record.id, at: .now())
        return Member(
            change.record, name: change.name, state: change.state,
            isSelf: change.record.id == node.ownRecord.id, roundTripTime: status?.roundTripTime,
            timeInState: .zero, why: change.why,
            names: name(of:))
    }

    private func name(of id: NodeID) -> NodeAlias? {
        node.status(of: id, at: .origin)?.name
    }
}

extension MemberChange.Kind {
    /// An operator that reads at `info` sees joins, leaves and deaths.
    fileprivate var logLevel: Logger.Level {
        switch self {
        case .joined, .failed, .left, .restarted: .info
        case .suspected, .recovered, .renewed, .updated, .removed: .debug
        }
    }
}

extension ClusterEvent {
    /// nil for changes without an event for users.
    fileprivate init?(_ kind: MemberChange.Kind, _ member: Member, was: Member) {
        let event: Self? =
            switch kind {
            case .joined: .joined(member)
            case .suspected: .suspected(member)
            case .recovered: .recovered(member)
            case .failed: .failed(member)
            case .left: .left(member)
            case .restarted: .restarted(member)
            case .updated: .updated(member, was: was)
            case .removed: .removed(member)
            case .renewed: nil
            }
        guard let event else { return nil }
        self = event
    }
}
