import MembershipSimulator
import MembershipWire
import Testing

@testable import MembershipCore

/// Which member a boot key, and a node id, belong to.
@Suite struct BootClaimTests {
    private let players: [Player]
    private let victim: Player
    /// States the victim's boot as its own.
    private let thief: Player

    init() throws {
        players = try (11...14).map { try Player("m\($0)", number: $0) }
        victim = players[1]
        thief = try Player("thief", number: 77, boot: 12)
    }

    /// Calls the node as this member, up to its record.
    @discardableResult
    private func call(
        _ table: inout Tabletop, as player: Player, _ number: UInt64 = 1,
        for purpose: StreamMessage.Purpose = .sync, on stream: UInt64 = 101
    ) -> [Effect] {
        let hello = StreamMessage.Hello(
            purpose: purpose, protocolVersions: ProtocolVersion.supported, caller: player.id)
        let messages: [(StreamMessage, BootKey?)] = [
            (.hello(hello), nil), (.join(player.full(number)), player.identity.bootKey),
        ]
        return messages.flatMap { message, boot in
            table.node.handle(
                .stream(StreamID(stream), .received(message, remoteBoot: boot)), at: table.now)
        }
    }

    @Test func `the boot of a member that has left, or is dead, stays its own`() throws {
        for standing in [Standing.left, .alive] {
            var table = try Tabletop.with(players)
            if standing == .left {
                table.hear(.refresh(victim.refresh(1, .left)), from: victim)
            } else {
                table.hear(.suspect(players[0].suspects(victim)), from: players[0])
                table.wait(.seconds(30), answering: players.filter { $0.id != victim.id })
                #expect(table.state(of: victim) == .dead)
            }
            table.hear(.full(thief.full()), from: players[0])
            #expect(table.state(of: thief) == nil)
            #expect(table.node.counters[.foreignBoot] == 1)
        }
    }

    @Test func `a dead member whose boot was claimed comes back`() throws {
        var table = try Tabletop.with(players)
        table.hear(.suspect(players[0].suspects(victim)), from: players[0])
        table.wait(.seconds(30), answering: players.filter { $0.id != victim.id })
        table.hear(.full(thief.full()), from: players[0])
        table.hear(.refresh(victim.refresh(2)), from: victim)
        #expect(table.state(of: victim) == .alive)
    }

    @Test func `a handshake takes a boot from an entry that has only claimed it`() throws {
        var table = try Tabletop.with([players[0]])
        table.hear(.full(thief.full()), from: players[0])
        #expect(table.state(of: thief) == .alive)
        table.hear(.full(victim.full()), from: players[0])
        #expect(table.state(of: victim) == nil)
        let effects = call(&table, as: victim)
        #expect(effects.changes(of: thief).last == .removed)
        table.hear(.full(victim.full(2)), from: players[0])
        #expect(table.state(of: victim) == .alive)
        table.hear(.full(thief.full(2)), from: players[0])
        #expect(table.state(of: thief) == nil)
    }

    @Test func `a boot that its member has shown in a handshake is its own for good`() throws {
        var table = try Tabletop.with([victim])
        call(&table, as: victim)
        call(&table, as: thief, on: 103)
        #expect(table.state(of: victim) == .alive)
        table.hear(.full(thief.full()), from: victim)
        #expect(table.state(of: thief) == nil)
    }

    @Test func `a refused record is called, and the boot changes hands if the call shows it`()
        throws
    {
        var table = try Tabletop.with([players[0]])
        table.hear(.full(thief.full()), from: players[0])
        let stream = try #require(
            table.hear(.full(victim.full()), from: players[0]).opened(to: victim))
        let effects = table.node.handle(
            .stream(
                stream,
                .received(
                    .helloAck(victim.full(), table.node.viewDigest),
                    remoteBoot: victim.identity.bootKey)), at: table.now)
        #expect(effects.changes(of: thief).last == .removed)
        #expect(effects.changes(of: victim) == [.joined])
        // Now it has shown it: a claim draws no call any more.
        table.wait(.seconds(2), answering: players)
        #expect(table.hear(.full(thief.full(2)), from: players[0]).opened(to: thief) == nil)
        #expect(table.state(of: victim) == .alive)
    }

    @Test func `statements of another boot draw one call a second, and forged ones none`() throws {
        var table = try Tabletop.with([players[0], victim])
        var forged = thief.full()
        forged.signature = victim.full().signature
        #expect(table.hear(.full(forged), from: players[0]).opened(to: thief) == nil)
        var calls = 0
        for number in 1...20 {
            let liar = try Player("liar", number: UInt8(100 + number), boot: 12)
            let effects = table.hear(.full(liar.full()), from: players[0])
            guard let stream = effects.opened(to: liar) else { continue }
            calls += 1
            _ = table.node.handle(.stream(stream, .failed(.refused)), at: table.now)
        }
        #expect(calls == 1)
        #expect(table.state(of: victim) == .alive)
    }

    @Test func `a node whose boot another states goes on under a new one, once a minute`() throws {
        var table = try Tabletop.with(players)
        let liar = try Player("liar", number: 77, boot: 1)
        var forged = liar.full()
        forged.signature = victim.full().signature
        #expect(table.hear(.full(forged), from: players[0]).ownBootClaims == 0)
        #expect(table.hear(.full(liar.full()), from: players[0]).ownBootClaims == 1)
        for number in 2...10 {
            #expect(table.hear(.full(liar.full(UInt64(number))), from: victim).ownBootClaims == 0)
        }
        #expect(table.state(of: liar) == nil)
        table.wait(.seconds(61), answering: players)
        #expect(table.hear(.full(liar.full(11)), from: players[0]).ownBootClaims == 1)
    }

    @Test func `a node that is answered by strangers remembers none of them`() throws {
        var table = try Tabletop.with(players)
        let stranger = try Player("stranger", number: 88)
        let stream = try #require(
            table.node.handle(
                .join(stranger.identity.endpoint, attempt: 1), at: table.now
            ).opened(to: stranger))
        _ = table.node.handle(
            .stream(
                stream,
                .received(
                    .helloAck(stranger.full(), .init(members: 1, hash: 1, keyringHash: 7)),
                    remoteBoot: stranger.identity.bootKey)), at: table.now)
        _ = table.node.handle(.stream(stream, .failed(.broken)), at: table.now)
        #expect(table.node.view.contacts[stranger.id] == nil)
    }

    @Test func `a known node id belongs to the identity that was known first`() throws {
        let configuration = CoreConfiguration.lan
        let own = try Player("own", number: 1)
        let truncating = TruncatingAuthenticator(base: own.authenticator)
        // Every identity has the same node id but ours.
        let first = try Player("first", number: 12)
        let second = try Player("second", number: 13)
        for standing in [Standing.alive, .left] {
            var node = try ClusterNode(
                own: own.identity, configuration: configuration, authenticator: truncating, seed: 1)
            let now = ClusterInstant(nanoseconds: 1)
            _ = node.handle(.start, at: now)
            var effects: [Effect] = []
            for (sequence, statement) in [
                first.full(1), first.full(1, standing), second.full(9),
            ].enumerated() {
                let heartbeat = Datagram(
                    .heartbeat(isIntroduction: true), [.full(statement), .view(.empty)])
                effects += node.handle(
                    .received(
                        heartbeat, sequence: UInt64(sequence + 1),
                        from: truncating.bootID(of: statement.core.bootKey),
                        source: statement.core.endpoint), at: now)
            }
            #expect(node.members(at: now).count == 2)
            #expect(node.members(at: now).contains { $0.record.alias == first.identity.alias })
            #expect(node.counters[.foreignIdentity] == 1)
            #expect(node.counters[.equivocation] == 0)
        }
    }

    @Test func `a former boot gets no keys`() throws {
        let former = try Player("m12", number: 12, boot: 99)
        var table = try Tabletop.with(players)
        table.hear(.full(victim.full(3)), from: victim)
        let refused = call(&table, as: former, 1, for: .keys)
        #expect(refused.contains { if case .closeStream = $0 { true } else { false } })
        let taken = call(&table, as: victim, 1, for: .keys, on: 103)
        #expect(!taken.contains { if case .closeStream = $0 { true } else { false } })
    }
}

extension [Effect] {
    fileprivate func opened(to player: Player) -> StreamID? {
        for case .openStream(let id, let endpoint, _, _) in self
        where endpoint == player.identity.endpoint { return id }
        return nil
    }

    fileprivate var ownBootClaims: Int {
        count { if case .notify(.ownBootClaimed) = $0 { true } else { false } }
    }
}

/// Node ids of one bit.
private struct TruncatingAuthenticator: StatementAuthenticator {
    let base: PlainAuthenticator

    func nodeID(of key: IdentityKey) -> NodeID {
        NodeID(key == IdentityKey(Octets32(repeating: 1)) ? 0 : 1)
    }
    func bootID(of key: BootKey) -> BootID { base.bootID(of: key) }
    func hash(of coreBytes: [UInt8]) -> CoreHash { base.hash(of: coreBytes) }
    func root(of stateText: [UInt8]) -> StateRoot { base.root(of: stateText) }
    func sign(_ text: SignedText) -> Signature { base.sign(text) }
    func isValid(_ signature: Signature, of text: SignedText, by key: IdentityKey) -> Bool {
        base.isValid(signature, of: text, by: key)
    }
    func makeRelayToken(_ draw: RelayToken) -> RelayToken { base.makeRelayToken(draw) }
    func relayProof(of token: RelayToken, for requester: BootKey) -> RelayProof? {
        base.relayProof(of: token, for: requester)
    }
    func isValid(_ proof: RelayProof, of token: RelayToken, by target: BootKey) -> Bool {
        base.isValid(proof, of: token, by: target)
    }
}
