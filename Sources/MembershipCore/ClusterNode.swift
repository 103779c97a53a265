package import MembershipWire

/// The decisions of one member: a value without a clock, a socket or randomness.
///
/// Everything that happens comes in through `handle`; everything that the node wants done comes out
/// as effects, in order. Call it again at `agenda.next`. An early or late call is harmless: the node
/// notices a late one, and takes it as a sign that it slept itself (Specs/Protocol.md, "Waking up").
///
/// The rules live in the folders beside this file, one conversation each. A conversation is a value with
/// private state that takes facts and returns facts. Only this node knows more than one of them: its
/// `ClusterNode+…` files turn facts into effects and calls of the next conversation.
package struct ClusterNode: Sendable {
    /// `agenda.next` is when `handle(.deadlineReached)` wants to be called.
    package internal(set) var agenda: Agenda

    package internal(set) var own: OwnRecord
    package internal(set) var view: View

    var prober: Prober
    var suspicions: Suspicions
    var gossip: Gossip
    var reconciler: Reconciler
    var lifelines: Lifelines
    var streams: Streams
    var entrance: Entrance
    var accounts: Accounts

    /// - Throws: what cannot be part of a record: the endpoint or the metadata.
    package init(
        own identity: LocalIdentity, configuration: CoreConfiguration,
        authenticator: any StatementAuthenticator, seed: UInt64
    ) throws(MemberCoreError) {
        precondition(configuration.contradictions.isEmpty, "\(configuration.contradictions)")
        let core = try MemberCore.make(
            identityKey: identity.identityKey, bootKey: identity.bootKey,
            endpoint: identity.endpoint, alias: identity.alias, metadata: identity.metadata,
            holdsLifelines: configuration.holdsLifelines)
        self.view = View(configuration)
        self.agenda = Agenda(seed: seed)
        self.streams = Streams(configuration)
        self.entrance = Entrance(configuration)
        self.accounts = Accounts(configuration)
        self.gossip = Gossip(configuration)
        self.reconciler = Reconciler(ownKeyring: identity.keyringHash, configuration)
        self.lifelines = Lifelines(configuration)
        self.own = OwnRecord(
            core, incarnation: identity.lastIncarnation?.next ?? .first,
            authenticator: authenticator, configuration)
        self.prober = Prober(own: own.record.id, configuration)
        self.suspicions = Suspicions(own: own.record.id, configuration)
    }

    /// From here on, chance is that of another seed: for copies that share their past and no more.
    package mutating func reseed(_ seed: UInt64) { agenda.random = RandomSource(seed: seed) }

    package var configuration: CoreConfiguration { view.configuration }
    var phase: Entrance.Phase { entrance.phase }

    /// The digest of our view, as other members receive it.
    package var viewDigest: ViewDigest {
        ViewDigest(
            members: UInt32(clamping: view.table.livingCount), hash: view.table.digestHash,
            keyringHash: reconciler.keyrings.ownHash)
    }

    package mutating func handle(_ input: Input, at now: ClusterInstant) -> [Effect] {
        var effects: [Effect] = []
        handle(input, at: now, into: &effects)
        return effects
    }

    /// Appends to `effects`; an array that is kept from call to call saves its allocation.
    package mutating func handle(
        _ input: Input, at now: ClusterInstant, into effects: inout [Effect]
    ) {
        guard phase != .stopped else { return }
        let before = effects.count
        var turn = Turn(now: now, effects: [])
        swap(&turn.effects, &effects)
        handle(input, in: &turn)
        limitUnproven(in: &turn.effects, from: before, at: now)
        swap(&turn.effects, &effects)
    }

    private mutating func handle(_ input: Input, in turn: inout Turn) {
        switch input {
        case .start:
            start(at: turn.now)
        case .received(let datagram, let sequence, let boot, let source):
            guard phase != .idle else { return }
            receive(
                datagram, Envelope(sequence: sequence, boot: boot, source: source), in: &turn)
        case .stranger(let boot, let sequence, let source):
            guard phase != .idle else { return }
            askWho(
                Envelope(sequence: sequence, boot: boot, source: source), in: &turn)
        case .clock(let unixNanoseconds):
            setClock(unixNanoseconds, at: turn.now)
        case .deadlineReached:
            reachDeadlines(in: &turn)
        case .stream(let id, let event):
            handle(event, on: id, in: &turn)
        case .knocked(let id, let answer):
            receiveKnock(id, answer, in: &turn)
        case .join(let endpoint, let attempt):
            join(endpoint, attempt: attempt, in: &turn)
        case .leave:
            leave(in: &turn)
        case .setMetadata(let metadata):
            setMetadata(metadata, in: &turn)
        case .writeState(let changes):
            writeState(changes, in: &turn)
        case .broadcast(let type, let payload):
            broadcast(type: type, payload, at: turn.now)
        case .send(let type, let payload, let member):
            send(type: type, payload, to: member, in: &turn)
        case .talk(let wish):
            handle(wish, in: &turn)
        case .remember(let items):
            remember(items, in: &turn)
        case .forget(let id):
            forget(id, in: &turn)
        case .keys(let news):
            handle(news, in: &turn)
        case .renewBoot(let key, let authenticator):
            renewBoot(key, authenticator, in: &turn)
        }
    }

    private mutating func start(at now: ClusterInstant) {
        guard phase == .idle else { return }
        entrance.start()
        view.begin(with: ownRecord, at: now)
        agenda.deadlines.set(
            .period, at: now + agenda.random.duration(in: .zero...configuration.period))
        agenda.deadlines.set(.tombstones, at: now + configuration.tombstoneCheck)
    }

    private mutating func setClock(_ unixNanoseconds: Int64, at now: ClusterInstant) {
        let mustPlan = prober.setClock(unixOffset: unixNanoseconds &- now.nanoseconds)
        guard mustPlan, phase == .running else { return }
        planPeriod(after: now)
    }

    private mutating func reachDeadlines(in turn: inout Turn) {
        if let due = agenda.deadlines.next, turn.now - due > configuration.lateTimer {
            oversleep(at: turn.now)
            if turn.now - due > configuration.slowAnswer { sayDegraded(at: turn.now) }
        }
        // Bounded: what is set again here for this very moment waits for the next call.
        var remaining = configuration.deadlinesAtOnce
        while remaining > 0, let (purpose, _) = agenda.deadlines.popDue(at: turn.now) {
            remaining -= 1
            reach(purpose, in: &turn)
        }
    }

    private mutating func reach(
        _ purpose: DeadlineTable.Purpose, in turn: inout Turn
    ) {
        switch purpose {
        case .period: beginPeriod(in: &turn)
        case .probe(let target): continueProbe(of: target, in: &turn)
        case .relay(let sequence): giveUpRelaying(sequence, in: &turn)
        case .suspicion(let target): reachSuspicionDeadline(of: target, in: &turn)
        case .refutation: refuteOwed(in: &turn)
        case .duplicate: callPostponedDuplicate(in: &turn)
        case .rumors: spreadRumors(in: &turn)
        case .sync: compareViews(in: &turn)
        case .keys: compareKeys(in: &turn)
        case .states: compareStates(in: &turn)
        case .stateFetch: fetchStates(in: &turn)
        case .ownState: publishState(in: &turn)
        case .join(let attempt): continueJoin(attempt, in: &turn)
        case .leave: continueFarewell(in: &turn)
        case .stream(let id): giveUpStream(id, in: &turn)
        case .statements: takeWaitingStatements(in: &turn)
        case .tombstones: dropOldTombstones(in: &turn)
        case .lifelines: lookAtCircle(in: &turn)
        case .check(let target): continueCheck(of: target, in: &turn)
        case .showing: showVerdicts(in: &turn)
        }
    }
}

/// Where a datagram came from.
struct Envelope: Sendable {
    let sequence: UInt64
    let boot: BootID
    let source: Endpoint
}
