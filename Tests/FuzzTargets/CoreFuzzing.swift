/// A conversation with a node: its members say what the input says, in whatever order, and time
/// passes. Everything the node wants to send can be encoded, and it never holds more than its bounds.
import MembershipCore
import MembershipSimulator
import MembershipWire

enum CoreFuzzing {
    private static let longest = 48

    static func run(_ input: [UInt8]) {
        var reader = InputReader(input)
        let beginnings = FuzzedConversation.beginnings
        var conversation = beginnings[Int(reader.byte()) % beginnings.count]
        var steps = 0
        while !reader.isEmpty, steps < longest {
            conversation.step(&reader)
            steps += 1
        }
    }
}

struct FuzzedConversation: Sendable {
    private static let players = (0..<6).compactMap { FuzzedPlayer(number: UInt8($0 + 1)) }

    /// Where a conversation may begin, so that few bytes come far. A node is a value: a copy of it costs
    /// nothing to make anew.
    static let beginnings: [FuzzedConversation] = {
        let alone = FuzzedConversation()
        var among = alone
        for player in players[1...4] { among.meet(player) }
        var suspecting = among
        suspecting.accuse(players[3], by: players[2])
        suspecting.accuse(players[0], by: players[2])
        var joining = alone
        joining.beginJoin(by: players[1])
        var leaving = among
        leaving.handle(.leave)
        var aged = among
        for _ in 0..<16 { aged.pass(time: 4_000) }
        var watching = FuzzedConversation(holdsLifelines: true)
        for player in players[1...4] { watching.meet(player) }
        watching.pass(time: 0x0040)
        return [alone, among, suspecting, joining, leaving, aged, watching]
    }()

    private var node: ClusterNode
    private var now = ClusterInstant(nanoseconds: 1_000_000_000)
    private var sequence: UInt64 = 0
    private var lastHeard: UInt64 = 1
    private var openStreams: [StreamID] = [StreamID(1)]
    private var openKnocks: [KnockID] = []

    private init(holdsLifelines: Bool = false) {
        let own = Self.players[0]
        var configuration = CoreConfiguration.lan
        configuration.holdsLifelines = holdsLifelines
        configuration.memberLimit = 5
        let node = try? ClusterNode(
            own: own.identity, configuration: configuration, authenticator: own.authenticator,
            seed: 1)
        guard let node else { preconditionFailure("no node") }
        self.node = node
        handle(.start)
    }

    private mutating func meet(_ player: FuzzedPlayer) {
        var nothing = InputReader([])
        say(
            .heartbeat(isIntroduction: true),
            [.full(player.full(&nothing)), .view(node.viewDigest)], player)
    }

    private mutating func accuse(_ target: FuzzedPlayer, by accuser: FuzzedPlayer) {
        var nothing = InputReader([])
        say(.gossip(isFinalCheck: false), [.suspect(accuser.suspects(target, &nothing))], accuser)
    }

    /// As far as the seed's answer.
    private mutating func beginJoin(by seed: FuzzedPlayer) {
        var nothing = InputReader([])
        handle(.join(seed.identity.endpoint, attempt: 1))
        guard let stream = openStreams.last else { return }
        let answer = StreamMessage.helloAck(seed.full(&nothing), node.viewDigest)
        handle(.stream(stream, .received(answer, remoteBoot: seed.identity.bootKey)))
    }

    mutating func step(_ reader: inout InputReader) {
        let kind = reader.byte()
        let player = Self.players[Int(kind >> 4) % Self.players.count]
        switch kind & 0x0F {
        case 0, 1: pass(time: reader.number(bytes: 2))
        case 2:
            say(
                .heartbeat(isIntroduction: true),
                [.full(player.full(&reader)), .view(view(&reader))], player)
        case 3:
            say(.heartbeat(isIntroduction: false), rumors(&reader) + [.view(view(&reader))], player)
        case 4:
            let echoed = reader.byte() & 1 == 0 ? lastHeard : reader.number(bytes: 1)
            say(
                .heartbeatAck(echoedSequence: echoed, health: reader.byte()),
                [.view(node.viewDigest)] + rumors(&reader), player)
        case 5, 6: say(.gossip(isFinalCheck: reader.byte() & 1 == 1), rumors(&reader), player)
        case 7: sayAnything(&reader, player)
        case 8:
            say(
                .relayHeartbeat(
                    target: someone(&reader).id, token: RelayToken(Octets16(repeating: kind)),
                    timeoutMilliseconds: UInt16(reader.number(bytes: 2))), [], player)
        case 9:
            say(
                .relayNack(
                    target: someone(&reader).id, echoedSequence: lastHeard, reason: .noAnswer), [],
                player)
        case 10: say(.who(echoedBoot: Self.players[0].boot, echoedSequence: lastHeard), [], player)
        case 11:
            say(
                .goodbye(code: reader.byte()), [.refresh(player.refresh(&reader, .left))], player)
        case 12, 13: useStream(&reader, player)
        case 14: command(&reader, player)
        default: failStream(&reader)
        }
    }

    // MARK: What is said

    private mutating func say(_ body: Datagram.Body, _ items: [Item], _ player: FuzzedPlayer) {
        let datagram = Datagram(body, items)
        // Only what passes the codec reaches a node.
        guard let bytes = try? MessageCodec.encode(datagram),
            let read = try? MessageCodec.decode(datagram: bytes)
        else { return }
        receive(read, player)
    }

    private mutating func sayAnything(_ reader: inout InputReader, _ player: FuzzedPlayer) {
        let bytes = reader.take(64 * (1 + Int(reader.byte() % 4)))
        let length = max(64, (bytes.count + 63) / 64 * 64)
        let plaintext = bytes + Array(repeating: 0, count: length - bytes.count)
        guard let read = try? MessageCodec.decode(datagram: plaintext) else { return }
        receive(read, player)
    }

    private mutating func receive(_ datagram: Datagram, _ player: FuzzedPlayer) {
        sequence += 1
        handle(
            .received(
                datagram, sequence: sequence, from: player.boot, source: player.identity.endpoint))
    }

    private func rumors(_ reader: inout InputReader) -> [Item] {
        (0..<Int(reader.byte() % 4)).map { _ in
            let (by, about) = (someone(&reader), someone(&reader))
            let kind = reader.byte()
            switch kind % 6 {
            case _ where kind >= 0xF0: return .gone(by.saysGone(about, &reader))
            case 0: return .full(about.full(&reader))
            case 1: return .refresh(about.refresh(&reader, reader.byte() & 1 == 0 ? .alive : .left))
            case 2: return .suspect(by.suspects(about, &reader))
            case 3: return .dead(by.declaresDead(about, &reader))
            case 4: return .user(by.message(reader.take(Int(reader.byte() % 32)), &reader))
            default: return .degraded(by.degraded(&reader))
            }
        }
    }

    private func someone(_ reader: inout InputReader) -> FuzzedPlayer {
        Self.players[Int(reader.byte()) % Self.players.count]
    }

    private func view(_ reader: inout InputReader) -> ViewDigest {
        reader.byte() & 1 == 0
            ? node.viewDigest
            : ViewDigest(members: 3, hash: reader.number(bytes: 1), keyringHash: 0)
    }

    // MARK: Streams, commands, time

    private mutating func useStream(_ reader: inout InputReader, _ player: FuzzedPlayer) {
        let way = reader.byte()
        let id = openStreams[Int(way >> 4) % openStreams.count]
        let message: StreamMessage
        switch way % 10 {
        case _ where way == 0xFF: return useKeys(on: id, &reader, player)
        case 0:
            let purposes: [StreamMessage.Purpose] = [.join, .sync, .keys, .message]
            let choice = reader.byte()
            message = .hello(
                .init(
                    purpose: choice >= 0xE0 ? .lifeline : purposes[Int(choice % 4)],
                    protocolVersions: 1...1, caller: player.id))
            return handle(.stream(id, .received(message, remoteBoot: nil)))
        case 1: message = .helloAck(player.full(&reader), view(&reader))
        case 2: message = .join(player.full(&reader))
        case 3:
            let items = records(&reader)
            let total = UInt32(items.count) + UInt32(reader.byte() % 2)
            message = .peers(.init(total: total, index: UInt32(reader.byte() % 3), items: items))
        case 4:
            message = .syncBuckets((0..<(64 << Int(reader.byte() % 3))).map { UInt64($0 & 3) })
        case 5:
            message = .syncIDs(
                (0..<Int(reader.byte() % 4)).map { _ in
                    .init(member: someone(&reader).id, recordHash: reader.number(bytes: 1))
                })
        case 6: message = .syncWant((0..<Int(reader.byte() % 4)).map { _ in someone(&reader).id })
        case 7: message = .syncDelta(records(&reader))
        case 8:
            let bytes = (0..<Int(reader.byte() % 8)).map { UInt8($0) }
            message = .data(
                .init(
                    applicationType: 1, total: UInt32(bytes.count), offset: 0, bytes: bytes))
        default:
            let codes = StreamEndCode.allCases
            message = .end(codes[Int(reader.byte()) % codes.count])
        }
        handle(.stream(id, .received(message, remoteBoot: player.identity.bootKey)))
    }

    private mutating func useKeys(
        on id: StreamID, _ reader: inout InputReader, _ player: FuzzedPlayer
    ) {
        let outcomes: [KeysOutcome] = [
            .same(inMemoryOnly: false), .older(inMemoryOnly: true), .cannotKeep, .refused,
        ]
        switch reader.byte() % 7 {
        case 0: handle(.stream(id, .receivedKeys))
        case 1: handle(.stream(id, .tookKeys(outcomes[Int(reader.byte() % 4)])))
        case 2:
            let hello = StreamMessage.Hello(
                purpose: .join, protocolVersions: 1...1, caller: player.id)
            handle(.stream(id, .calledUnderRetiredKey(hello)))
        case 3: handle(.keys(.behind(player.boot, KeyID(1))))
        case 4: handle(.keys(.give(to: player.id, attempt: UInt64(reader.byte()))))
        case 5: handle(.keys(.rotating(reader.byte() & 1 == 0)))
        default:
            let hash = UInt32(reader.byte())
            handle(.keys(.changed(hash: hash, player.authenticator)))
        }
    }

    private func records(_ reader: inout InputReader) -> [Item] {
        rumors(&reader).filter { item in
            if case .user = item { return false }
            return true
        }
    }

    private mutating func failStream(_ reader: inout InputReader) {
        let id = openStreams[Int(reader.byte()) % openStreams.count]
        let failures: [StreamFailure] = [
            .refused, .timedOut, .unreachable(errno: 113), .rejected(.busy), .broken,
        ]
        handle(.stream(id, .failed(failures[Int(reader.byte()) % failures.count])))
    }

    private mutating func command(_ reader: inout InputReader, _ player: FuzzedPlayer) {
        let kind = reader.byte()
        if kind >= 0xE0, let knock = openKnocks.popLast() {
            let answers: [KnockAnswer] = [.refused, .accepted, .none]
            return handle(.knocked(knock, answers[Int(kind) % 3]))
        }
        switch kind % 7 {
        case 0: handle(.join(player.identity.endpoint, attempt: UInt64(reader.byte())))
        case 1: handle(.setMetadata(reader.take(Int(reader.byte()))))
        case 2: handle(.broadcast(type: 1, payload: reader.take(Int(reader.byte()))))
        case 3: handle(.forget(player.id))
        case 4: handle(.clock(unixNanoseconds: Int64(bitPattern: reader.number(bytes: 8))))
        case 5: openStreams.append(StreamID(UInt64(openStreams.count) * 2 + 1))
        default: if reader.byte() == 0 { handle(.leave) }
        }
    }

    /// So many milliseconds; deadlines are kept punctually, or all at once at the end.
    private mutating func pass(time: UInt64) {
        let end = now + .milliseconds(Int64(time % 4_096))
        var calls = 0
        while time & 0x8000 == 0, calls < 16, let deadline = node.agenda.next, deadline <= end {
            now = max(now, deadline)
            handle(.deadlineReached)
            calls += 1
        }
        now = end
        handle(.deadlineReached)
    }

    private mutating func handle(_ input: Input) {
        for effect in node.handle(input, at: now) { check(effect) }
    }

    // MARK: What must hold

    private mutating func check(_ effect: Effect) {
        switch effect {
        case .send(let datagram, let sequence, let destination):
            precondition(sequence > 0)
            precondition(destination.endpoint.port != 0)
            precondition((try? MessageCodec.encode(datagram)) != nil, "\(datagram)")
            if case .heartbeat = datagram.body { lastHeard = sequence }
        case .writeStream(_, let message):
            precondition((try? MessageCodec.encode(message)) != nil, "\(message)")
        case .openStream(let id, _, let hello, let key):
            precondition(id.isOurs && (key == nil || hello.purpose == .keys))
            if openStreams.count < 32 { openStreams.append(id) }
        case .knock(let id, let endpoint, let patience):
            precondition(endpoint.port != 0 && patience > .zero)
            if openKnocks.count < 32 { openKnocks.append(id) }
        case .closeStream, .notify, .sendKeys, .takeKeys, .answerRetiredKey: break
        }
    }
}
