import MembershipCore
import MembershipWire
import Testing

/// When a member talks about keys, with whom, and to whom it says nothing.
struct KeysRuleTests {
    private let n2: Player
    private let n3: Player

    init() throws {
        n2 = try Player("n2", number: 2)
        n3 = try Player("n3", number: 3)
    }

    private func view(_ table: Tabletop, _ hash: UInt32) -> Item {
        var view = table.node.viewDigest
        view.keyringHash = hash
        return .view(view)
    }

    /// A heartbeat of `player` that shows this keyring hash.
    @discardableResult
    private func show(
        _ hash: UInt32, _ player: Player, at table: inout Tabletop
    ) -> [Effect] {
        table.receive(
            Datagram(.heartbeat(isIntroduction: false), [view(table, hash)]), from: player)
    }

    // MARK: Catching up

    @Test func `a keyring hash that differs for a second is talked about by stream`() throws {
        var table = try Tabletop.with([n2, n3])
        show(7, n2, at: &table)
        #expect(table.wait(.milliseconds(900), answering: [n2, n3]).callsForKeys.isEmpty)
        show(7, n2, at: &table)
        let calls = table.wait(.milliseconds(200)).callsForKeys
        #expect(calls.map(\.to) == [n2.identity.endpoint])
    }

    @Test func `a difference that settles within a second is not talked about`() throws {
        var table = try Tabletop.with([n2, n3])
        show(7, n2, at: &table)
        show(0, n2, at: &table)
        #expect(table.wait(.seconds(3), answering: [n2, n3]).callsForKeys.isEmpty)
        show(7, n2, at: &table)
        table.node.changeKeys(to: 7, table.own, at: table.now)
        #expect(table.wait(.milliseconds(1_500)).callsForKeys.isEmpty)
        #expect(table.node.viewDigest.keyringHash == 7)
    }

    @Test func `a call that did not help is repeated ever more rarely`() throws {
        var table = try Tabletop.with([n2, n3])
        var moments: [Int] = []
        for second in 0..<70 {
            show(7, n2, at: &table)
            // It answers heartbeats, so that it stays a member; what it shows is in its own.
            for call in table.wait(.seconds(1)).callsForKeys {
                moments.append(second)
                _ = table.node.handle(.stream(call.id, .failed(.refused)), at: table.now)
            }
            table.introduce(n2)
        }
        let pauses = zip(moments.dropFirst(), moments).map { $0 - $1 }
        #expect(pauses.count >= 4)
        #expect(zip(pauses.dropFirst(), pauses).allSatisfy { $0 > $1 })
    }

    @Test func `while a rotation of our own is under way nobody is called for a difference`() throws
    {
        var table = try Tabletop.with([n2, n3])
        _ = table.node.handle(.keys(.rotating(true)), at: table.now)
        show(7, n2, at: &table)
        #expect(table.wait(.seconds(3), answering: [n2, n3]).callsForKeys.isEmpty)
        _ = table.node.handle(.keys(.rotating(false)), at: table.now)
        show(7, n2, at: &table)
        #expect(table.wait(.milliseconds(1_100)).callsForKeys.count == 1)
    }

    // MARK: Giving

    /// A rotation gives to `n2`; the stream that is opened for it.
    private func give(at table: inout Tabletop) throws -> StreamID {
        let effects = table.node.handle(.keys(.give(to: n2.id, attempt: 5)), at: table.now)
        return try #require(effects.callsForKeys.first?.id)
    }

    private func answer(
        _ id: StreamID, as player: Player, at table: inout Tabletop
    ) -> [Effect] {
        let ack = StreamMessage.helloAck(player.full(), table.node.viewDigest)
        return table.node.handle(
            .stream(id, .received(ack, remoteBoot: player.identity.bootKey)), at: table.now)
    }

    @Test func `keys are given to the member that is meant, and its answer is told`() throws {
        let cases: [(KeysOutcome, StreamEndCode, KeysAnswer)] = [
            (.same(inMemoryOnly: false), .done, .confirmed(inMemoryOnly: false)),
            (.same(inMemoryOnly: false), .inMemoryOnly, .confirmed(inMemoryOnly: true)),
            (.older(inMemoryOnly: false), .done, .declined),
            (.older(inMemoryOnly: false), .cannotKeep, .cannotKeep),
            (.same(inMemoryOnly: false), .retiredKey, .declined),
            (.same(inMemoryOnly: false), .busy, .ended(.busy)),
        ]
        for (outcome, code, told) in cases {
            var table = try Tabletop.with([n2, n3])
            let id = try give(at: &table)
            #expect(answer(id, as: n2, at: &table).sentKeys == [id])
            let boot = n2.identity.bootKey
            let taking = table.node.handle(.stream(id, .receivedKeys), at: table.now)
            #expect(taking.takenKeys == [id])
            _ = table.node.handle(.stream(id, .tookKeys(outcome)), at: table.now)
            let end = table.node.handle(
                .stream(id, .received(.end(code), remoteBoot: boot)), at: table.now)
            #expect(end.answersOnKeys == [told])
        }
    }

    @Test func `who lives at the address of a member and is another gets no keys`() throws {
        var table = try Tabletop.with([n2, n3])
        let id = try give(at: &table)
        let effects = answer(id, as: n3, at: &table)
        #expect(effects.sentKeys.isEmpty)
        #expect(effects.answersOnKeys == [.failed(.refused)])
    }

    @Test func `keys are given to the living only`() throws {
        var table = try Tabletop.with([n2, n3])
        let unknown = table.node.handle(
            .keys(.give(to: NodeID(99), attempt: 1)), at: table.now)
        #expect(unknown.answersOnKeys == [.gone])
        table.hear(.refresh(n2.refresh(2, .left)), from: n3)
        let left = table.node.handle(.keys(.give(to: n2.id, attempt: 2)), at: table.now)
        #expect(left.answersOnKeys == [.gone])
    }

    @Test func `a member that does not answer is told of once its time is over`() throws {
        var table = try Tabletop.with([n2, n3])
        _ = try give(at: &table)
        let effects = table.wait(.seconds(11), answering: [n2, n3])
        #expect(effects.answersOnKeys == [.failed(.timedOut)])
    }

    // MARK: Being given

    /// `player` has called and shown who it is; the effects of its JOIN.
    private func beCalled(
        _ id: StreamID, _ purpose: StreamMessage.Purpose, by player: Player,
        isUnderRetiredKey: Bool = false, at table: inout Tabletop
    ) -> [Effect] {
        let hello = StreamMessage.Hello(
            purpose: purpose, protocolVersions: 1...1, caller: player.id)
        let event: StreamInput =
            isUnderRetiredKey
            ? .calledUnderRetiredKey(hello) : .received(.hello(hello), remoteBoot: nil)
        _ = table.node.handle(.stream(id, event), at: table.now)
        return table.node.handle(
            .stream(
                id, .received(.join(player.full()), remoteBoot: player.identity.bootKey)),
            at: table.now)
    }

    @Test func `who is given keys says what it holds now, and what became of them`() throws {
        let cases: [(KeysOutcome, StreamEndCode)] = [
            (.same(inMemoryOnly: false), .done), (.older(inMemoryOnly: false), .done),
            (.same(inMemoryOnly: true), .inMemoryOnly), (.cannotKeep, .cannotKeep),
        ]
        for (outcome, code) in cases {
            var table = try Tabletop.with([n2, n3])
            let id = StreamID(1)
            #expect(beCalled(id, .keys, by: n2, at: &table).isEmpty)
            #expect(
                table.node.handle(.stream(id, .receivedKeys), at: table.now).takenKeys == [id])
            let effects = table.node.handle(.stream(id, .tookKeys(outcome)), at: table.now)
            #expect(effects.sentKeys == [id])
            #expect(effects.endCodes(on: id) == [code])
        }
    }

    @Test func `keys that must be refused end the conversation, and are answered by none`() throws {
        var table = try Tabletop.with([n2, n3])
        let id = StreamID(1)
        _ = beCalled(id, .keys, by: n2, at: &table)
        _ = table.node.handle(.stream(id, .receivedKeys), at: table.now)
        let effects = table.node.handle(.stream(id, .tookKeys(.refused)), at: table.now)
        #expect(effects.sentKeys.isEmpty)
        #expect(effects.endCodes(on: id) == [.protocolViolation])
    }

    @Test(arguments: [StreamMessage.Purpose.join, .sync])
    func `keys in a conversation about something else are not taken`(
        purpose: StreamMessage.Purpose
    ) throws {
        var table = try Tabletop.with([n2, n3])
        let id = StreamID(1)
        _ = beCalled(id, purpose, by: n2, at: &table)
        #expect(table.node.handle(.stream(id, .receivedKeys), at: table.now).takenKeys.isEmpty)
    }

    @Test func `keys are taken once, and from who has shown who it is`() throws {
        var table = try Tabletop.with([n2, n3])
        let hello = StreamMessage.Hello(purpose: .keys, protocolVersions: 1...1, caller: n2.id)
        _ = table.node.handle(
            .stream(StreamID(1), .received(.hello(hello), remoteBoot: nil)), at: table.now)
        #expect(
            table.node.handle(.stream(StreamID(1), .receivedKeys), at: table.now)
                .takenKeys.isEmpty)
        _ = beCalled(StreamID(3), .keys, by: n2, at: &table)
        for isFirst in [true, false] {
            let effects = table.node.handle(.stream(StreamID(3), .receivedKeys), at: table.now)
            #expect(effects.takenKeys.isEmpty != isFirst)
        }
    }

    // MARK: Retired keys

    @Test(arguments: [StreamMessage.Purpose.join, .sync, .keys])
    func `who calls under a retired key is asked who it is, and nothing else is done`(
        purpose: StreamMessage.Purpose
    ) throws {
        var table = try Tabletop.with([n2])
        let id = StreamID(1)
        let effects = beCalled(id, purpose, by: n3, isUnderRetiredKey: true, at: &table)
        #expect(effects.count == 2)
        guard case .answerRetiredKey(id, let caller) = effects.first else {
            return #expect(Bool(false), "\(effects)")
        }
        #expect(caller == n3.id)
        // Neither is it a member now, nor does it say anything that counts.
        #expect(table.state(of: n3) == nil)
        #expect(table.node.handle(.stream(id, .receivedKeys), at: table.now).takenKeys.isEmpty)
    }

    @Test func `a member that uses a retired key is called under it, not too often`() throws {
        var table = try Tabletop.with([n2, n3])
        let behind = Input.keys(.behind(n2.boot, KeyID(9)))
        let call = try #require(table.node.handle(behind, at: table.now).callsUnderRetired.first)
        #expect(call.key == KeyID(9) && call.to == n2.identity.endpoint)
        _ = table.node.handle(.stream(call.id, .failed(.refused)), at: table.now)
        #expect(table.node.handle(behind, at: table.now).callsUnderRetired.isEmpty)
        table.wait(.seconds(5), answering: [n2, n3])
        #expect(table.node.handle(behind, at: table.now).callsUnderRetired.count == 1)
    }

    @Test func `a stranger that uses a retired key is not called`() throws {
        var table = try Tabletop.with([n2])
        let effects = table.node.handle(.keys(.behind(n3.boot, KeyID(9))), at: table.now)
        #expect(effects.isEmpty)
    }

    @Test func `who is behind is given keys only in the boot that used the retired key`() throws {
        let reborn = try Player("n2", number: 2, boot: 22)
        for (player, gets) in [(n2, true), (reborn, false)] {
            var table = try Tabletop.with([n2, n3])
            let effects = table.node.handle(.keys(.behind(n2.boot, KeyID(9))), at: table.now)
            let id = try #require(effects.callsUnderRetired.first?.id)
            #expect(answer(id, as: player, at: &table).sentKeys.isEmpty != gets)
        }
    }

    @Test func `a join under a retired key is tried once more with the new keys`() throws {
        var table = try Tabletop()
        var effects = table.node.handle(
            .join(n2.identity.endpoint, attempt: 1), at: table.now)
        for round in 1...2 {
            let id = try #require(effects.openedStreams.first, "round \(round)")
            _ = answer(id, as: n2, at: &table)
            _ = table.node.handle(.stream(id, .receivedKeys), at: table.now)
            _ = table.node.handle(
                .stream(id, .tookKeys(.same(inMemoryOnly: false))), at: table.now)
            let end = StreamInput.received(
                .end(.retiredKey), remoteBoot: n2.identity.bootKey)
            effects = table.node.handle(.stream(id, end), at: table.now)
        }
        #expect(effects.openedStreams.isEmpty)
        #expect(effects.joinRefusals == [.ended(.retiredKey)])
    }

    @Test func `a join under a retired key fails if the new keys cannot be kept`() throws {
        var table = try Tabletop()
        let effects = table.node.handle(.join(n2.identity.endpoint, attempt: 1), at: table.now)
        let id = try #require(effects.openedStreams.first)
        _ = answer(id, as: n2, at: &table)
        _ = table.node.handle(.stream(id, .receivedKeys), at: table.now)
        _ = table.node.handle(.stream(id, .tookKeys(.cannotKeep)), at: table.now)
        let end = StreamInput.received(.end(.retiredKey), remoteBoot: n2.identity.bootKey)
        #expect(
            table.node.handle(.stream(id, end), at: table.now).joinRefusals
                == [.ended(.retiredKey)])
    }
}

extension ClusterNode {
    fileprivate mutating func changeKeys(
        to hash: UInt32, _ own: Player, at now: ClusterInstant
    ) {
        _ = handle(.keys(.changed(hash: hash, own.authenticator)), at: now)
    }
}

extension [Effect] {
    fileprivate var callsForKeys: [(id: StreamID, to: Endpoint)] {
        compactMap {
            if case .openStream(let id, let to, let hello, under: nil) = $0, hello.purpose == .keys
            {
                (id, to)
            } else {
                nil
            }
        }
    }

    fileprivate var openedStreams: [StreamID] {
        compactMap { if case .openStream(let id, _, _, under: nil) = $0 { id } else { nil } }
    }

    fileprivate var callsUnderRetired: [(key: KeyID, id: StreamID, to: Endpoint)] {
        compactMap {
            if case .openStream(let id, let to, _, under: .some(let key)) = $0 {
                (key, id, to)
            } else {
                nil
            }
        }
    }

    fileprivate var sentKeys: [StreamID] {
        compactMap { if case .sendKeys(let id) = $0 { id } else { nil } }
    }

    fileprivate var takenKeys: [StreamID] {
        compactMap { if case .takeKeys(let id) = $0 { id } else { nil } }
    }

    fileprivate var answersOnKeys: [KeysAnswer] {
        compactMap { if case .notify(.keysGiven(_, let answer)) = $0 { answer } else { nil } }
    }

    fileprivate var joinRefusals: [JoinRefusal] {
        compactMap { if case .notify(.joinFailed(_, let refusal)) = $0 { refusal } else { nil } }
    }

    fileprivate func endCodes(on id: StreamID) -> [StreamEndCode] {
        compactMap { if case .writeStream(id, .end(let code)) = $0 { code } else { nil } }
    }
}
