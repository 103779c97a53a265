import MembershipCore
import MembershipSimulator
import MembershipWire
import Testing

/// One real node at a table with members that the test plays: every datagram it gets is written by
/// hand, and everything it does is looked at.
struct Tabletop {
    var node: ClusterNode
    private(set) var now = ClusterInstant(nanoseconds: 1_000_000_000)
    private var sequence: UInt64 = 0
    let own: Player

    init(_ configuration: CoreConfiguration = .lan, seed: UInt64 = 1) throws {
        own = try Player("own", number: 1, holdsLifelines: configuration.holdsLifelines)
        node = try ClusterNode(
            own: own.identity, configuration: configuration, authenticator: own.authenticator,
            seed: seed)
        _ = node.handle(.start, at: now)
    }

    /// A table where these members are known and have been heard of by an introduction.
    static func with(_ players: [Player]) throws -> Tabletop {
        var table = try Tabletop()
        for player in players { table.introduce(player) }
        return table
    }

    @discardableResult
    mutating func introduce(_ player: Player) -> [Effect] {
        receive(
            Datagram(.heartbeat(isIntroduction: true), [.full(player.full()), .view(.empty)]),
            from: player)
    }

    @discardableResult
    mutating func receive(
        _ datagram: Datagram, from player: Player, source: Endpoint? = nil
    ) -> [Effect] {
        sequence += 1
        return node.handle(
            .received(
                datagram, sequence: sequence, from: player.boot,
                source: source ?? player.identity.endpoint),
            at: now)
    }

    @discardableResult
    mutating func hear(_ items: Item..., from player: Player) -> [Effect] {
        receive(Datagram(.gossip(isFinalCheck: false), items), from: player)
    }

    /// Lets time pass, punctually; only `answering` acknowledge heartbeats, at once.
    @discardableResult
    mutating func wait(_ duration: Duration, answering: [Player] = []) -> [Effect] {
        let end = now + duration
        var effects: [Effect] = []
        while let deadline = node.agenda.next, deadline <= end {
            now = max(now, deadline)
            let done = node.handle(.deadlineReached, at: now)
            effects += done
            for heartbeat in done.heartbeats {
                guard let player = answering.first(where: { $0.boot == heartbeat.to }) else {
                    continue
                }
                effects += acknowledge(heartbeat.sequence, by: player)
            }
        }
        now = end
        return effects
    }

    /// A whole comparison of views, opened by this member, which brings these items.
    @discardableResult
    mutating func sync(
        from player: Player, _ items: [Item], on stream: UInt64
    ) -> [Effect] {
        let hello = StreamMessage.Hello(
            purpose: .sync, protocolVersions: ProtocolVersion.supported, caller: player.id)
        let boot = player.identity.bootKey
        let messages: [(StreamMessage, BootKey?)] = [
            (.hello(hello), nil), (.join(player.full()), boot), (.syncDelta(items), boot),
            (.end(.done), boot),
        ]
        var effects: [Effect] = []
        for (message, boot) in messages {
            effects += node.handle(
                .stream(StreamID(stream), .received(message, remoteBoot: boot)), at: now)
        }
        return effects
    }

    /// The member answers what these effects have sent to it.
    @discardableResult
    mutating func acknowledge(_ effects: [Effect], by player: Player) -> [Effect] {
        effects.heartbeats.filter { $0.to == player.boot }
            .flatMap { acknowledge($0.sequence, by: player) }
    }

    private mutating func acknowledge(_ sequence: UInt64, by player: Player) -> [Effect] {
        let ack = Datagram.Body.heartbeatAck(echoedSequence: sequence, health: 0)
        return receive(Datagram(ack, [.view(node.viewDigest)]), from: player)
    }

    /// The process is stopped for so long: timers fire late, all at once.
    @discardableResult
    mutating func oversleep(_ duration: Duration) -> [Effect] {
        now = now + duration
        return node.handle(.deadlineReached, at: now)
    }

    func state(of player: Player) -> MemberState? {
        node.status(of: player.id, at: now)?.state
    }
}

/// A member that the test plays.
struct Player {
    let identity: LocalIdentity
    let authenticator: PlainAuthenticator
    let core: MemberCore

    init(
        _ name: String, number: UInt8, boot: UInt8? = nil, address: UInt32? = nil,
        metadata: [UInt8] = [], firstBoot: BootID? = nil,
        protocolVersions: ClosedRange<UInt8> = ProtocolVersion.supported,
        holdsLifelines: Bool = true
    ) throws {
        let identityKey = IdentityKey(Octets32(repeating: number))
        let bootKey = BootKey(Octets32(repeating: boot ?? number))
        identity = LocalIdentity(
            alias: try NodeAlias(parsing: name), identityKey: identityKey, bootKey: bootKey,
            endpoint: Endpoint(.v4(address ?? 0x0A00_0000 | UInt32(number)), port: 2254),
            metadata: metadata)
        authenticator = PlainAuthenticator(identityKey: identityKey, bootKey: bootKey)
        core = try MemberCore.make(
            protocolVersions: protocolVersions, identityKey: identityKey, bootKey: bootKey,
            endpoint: identity.endpoint, alias: identity.alias, metadata: metadata,
            firstBoot: firstBoot, holdsLifelines: holdsLifelines)
    }

    var id: NodeID { authenticator.nodeID(of: identity.identityKey) }
    var boot: BootID { authenticator.bootID(of: identity.bootKey) }
    var coreHash: CoreHash { authenticator.hash(of: core.bytes) }

    func full(_ number: UInt64 = 1, _ standing: Standing = .alive) -> FullStatement {
        let incarnation = Incarnation(number) ?? .first
        return FullStatement(
            core: core, incarnation: incarnation, standing: standing,
            signature: authenticator.sign(.statement(coreHash, incarnation, standing)))
    }

    func record(
        _ number: UInt64 = 1, _ standing: Standing = .alive, signature: Signature? = nil
    ) -> MemberRecord {
        MemberRecord(
            verified: core, id: id, boot: boot, coreHash: coreHash,
            incarnation: Incarnation(number) ?? .first, standing: standing,
            signature: signature ?? full(number, standing).signature)
    }

    /// A message to all, the `counter`th of a life.
    func message(
        _ counter: UInt64, inIncarnation incarnation: UInt64 = 1, isForged: Bool = false
    ) -> Item {
        let sequence = incarnation << 32 | counter
        let text = SignedText.user(
            origin: id, sequence: sequence, applicationType: 1, payload: [])
        return .user(
            UserStatement(
                origin: id, sequence: sequence, timeToLive: 3, applicationType: 1, payload: [],
                signature: isForged ? full().signature : authenticator.sign(text)))
    }

    func refresh(_ number: UInt64, _ standing: Standing = .alive) -> RefreshStatement {
        RefreshStatement(
            member: id, corePrefix: coreHash.prefix, incarnation: Incarnation(number) ?? .first,
            standing: standing, signature: full(number, standing).signature)
    }

    func accusation(of target: Player, _ number: UInt64 = 1) -> DeadStatement.Accusation {
        let text = SignedText.suspicion(
            target: target.id, target.coreHash, Incarnation(number) ?? .first, accuser: id)
        return .init(accuser: id, signature: authenticator.sign(text))
    }

    func suspects(_ target: Player, _ number: UInt64 = 1) -> SuspectStatement {
        SuspectStatement(
            target: target.id, corePrefix: target.coreHash.prefix,
            incarnation: Incarnation(number) ?? .first, accuser: id,
            signature: accusation(of: target, number).signature)
    }

    /// A verdict about this member.
    func dead(_ number: UInt64 = 1, by accusers: [Player]) -> DeadStatement {
        DeadStatement(
            target: id, corePrefix: coreHash.prefix, incarnation: Incarnation(number) ?? .first,
            accusations: accusers.map { $0.accusation(of: self, number) }
                .sorted { $0.accuser < $1.accuser })
    }
}

extension ViewDigest {
    static let empty = ViewDigest(members: 0, hash: 0, keyringHash: 0)
}

extension [Effect] {
    var messages: Int {
        count { if case .notify(.userMessage) = $0 { true } else { false } }
    }

    var changes: [MemberChange] {
        compactMap { if case .notify(.changed(let change)) = $0 { change } else { nil } }
    }

    func changes(of player: Player) -> [MemberChange.Kind] {
        changes.filter { $0.record.id == player.id }.map(\.kind)
    }

    var sent: [(datagram: Datagram, sequence: UInt64, to: BootID)] {
        compactMap {
            if case .send(let datagram, let sequence, let to) = $0 {
                (datagram, sequence, to.boot)
            } else {
                nil
            }
        }
    }

    func items(to player: Player) -> [Item] {
        sent.filter { $0.to == player.boot }.flatMap(\.datagram.items)
    }

    var heartbeats: [(sequence: UInt64, to: BootID)] {
        sent.compactMap {
            if case .heartbeat = $0.datagram.body { ($0.sequence, $0.to) } else { nil }
        }
    }
}
