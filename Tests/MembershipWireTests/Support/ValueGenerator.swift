import MembershipWire

/// Makes valid values of every kind, from a seed.
struct ValueGenerator {
    var random: SplitMix

    init(seed: UInt64) { random = SplitMix(seed: seed) }

    mutating func datagram() throws -> Datagram {
        var datagram = Datagram(body())
        switch datagram.body {
        case .heartbeat(isIntroduction: true): datagram.items = [try full(), .view(view())]
        case .heartbeat, .heartbeatAck: datagram.items = [.view(view())]
        case .goodbye: datagram.items = [.refresh(refresh(.left))]
        default: break
        }
        let carriesRumors: Bool
        switch datagram.body {
        case .who, .message, .heartbeat(isIntroduction: true): carriesRumors = false
        default: carriesRumors = true
        }
        for _ in 0..<random.below(14) {
            let item = carriesRumors ? try rumor() : unknown()
            guard datagram.byteCount + item.byteCount <= 1_280 else { break }
            datagram.items.append(item)
        }
        return datagram
    }

    mutating func body() -> Datagram.Body {
        switch random.below(10) {
        case 0, 1: .heartbeat(isIntroduction: flag())
        case 2: .heartbeatAck(echoedSequence: number(), health: number())
        case 3:
            .relayHeartbeat(
                target: NodeID(number()), token: RelayToken(octets()),
                timeoutMilliseconds: number())
        case 4:
            .relayAck(
                target: NodeID(number()), echoedSequence: number(), proof: RelayProof(octets()))
        case 5:
            .relayNack(
                target: NodeID(number()), echoedSequence: number(),
                reason: RelayNackReason(rawValue: UInt8(1 + random.below(3))) ?? .busy)
        case 6: .gossip(isFinalCheck: flag())
        case 7: .who(echoedBoot: BootID(number()), echoedSequence: number())
        case 8: .goodbye(code: number())
        default: .message(applicationType: number(), payload: bytes(upTo: 1_024))
        }
    }

    mutating func streamMessage() throws -> StreamMessage {
        switch random.below(7) {
        case 0:
            let items = try records()
            let index = UInt32(random.below(1_000))
            return .peers(
                .init(
                    total: items.isEmpty ? 0 : index + UInt32(items.count + random.below(1_000)),
                    index: items.isEmpty ? 0 : index, items: items))
        case 1: return .syncBuckets((0..<(64 << random.below(4))).map { _ in number() })
        case 2:
            return .syncIDs(
                (0..<random.below(64)).map { _ in
                    .init(member: NodeID(number()), recordHash: number())
                })
        case 3: return .syncWant((0..<random.below(64)).map { _ in NodeID(number()) })
        case 4: return .syncDelta(try records())
        case 5:
            let bytes = (0..<random.below(64)).map { _ in UInt8(random.below(256)) }
            let offset = bytes.isEmpty ? 0 : UInt32(random.below(1_000))
            return .data(
                .init(
                    applicationType: UInt16(random.below(65_536)),
                    total: offset + UInt32(bytes.count), offset: offset, bytes: bytes))
        default: return .end(StreamEndCode.allCases[random.below(StreamEndCode.allCases.count)])
        }
    }

    mutating func records() throws -> [Item] {
        var items: [Item] = []
        while items.count < 13, random.below(8) != 0 {
            let item = try rumor()
            if case .user = item { continue }
            items.append(item)
        }
        return items
    }

    mutating func rumor() throws -> Item {
        switch random.below(9) {
        case 0: try full()
        case 1: .refresh(refresh(flag() ? .alive : .left))
        case 2:
            .suspect(
                SuspectStatement(
                    target: NodeID(number()), corePrefix: number(), incarnation: incarnation(),
                    accuser: NodeID(number()), signature: signature()))
        case 3: .dead(death())
        case 4:
            .user(
                UserStatement(
                    origin: NodeID(number()), sequence: number(), timeToLive: number(),
                    applicationType: number(), payload: bytes(upTo: 200), signature: signature()))
        case 5:
            .degraded(
                DegradedStatement(
                    member: NodeID(number()), incarnation: incarnation(), counter: number(),
                    signature: signature()))
        case 6:
            .gone(
                GoneStatement(
                    target: NodeID(number()), corePrefix: number(), incarnation: incarnation(),
                    accuser: NodeID(number()), signature: signature()))
        case 7: .state(state())
        default: unknown()
        }
    }

    mutating func state() -> StateStatement {
        let version = 1 + number(UInt64.self) >> UInt64(2 + random.below(60))
        let since = [0, version, version / 2][random.below(3)]
        let keys = Set(
            (0..<random.below(9)).map { _ in Example.stateKey("key/\(random.below(99))") })
        return StateStatement(
            member: NodeID(number()), process: BootID(number()), version: version,
            root: StateRoot(octets()), signature: signature(), since: since,
            changes: since == version
                ? []
                : keys.sorted().map {
                    StateEntry(key: $0, value: since > 0 && flag() ? nil : bytes(upTo: 40))
                })
    }

    mutating func full() throws -> Item {
        .full(
            FullStatement(
                core: try core(), incarnation: incarnation(), standing: flag() ? .alive : .left,
                signature: signature()))
    }

    mutating func core() throws -> MemberCore {
        let first = UInt8(1 + random.below(255))
        let last = UInt8(Int(first) + random.below(256 - Int(first)))
        return try MemberCore.make(
            protocolVersions: first...last, identityKey: IdentityKey(octets()),
            bootKey: BootKey(octets()), endpoint: endpoint(), alias: alias(),
            metadata: bytes(upTo: flag() ? 16 : 512))
    }

    mutating func endpoint() -> Endpoint {
        while true {
            let address = flag() ? IPAddress.v4(number()) : .v6(number(), number())
            let endpoint = Endpoint(address, port: number())
            if endpoint.isAdvertisable { return endpoint }
        }
    }

    mutating func alias() -> NodeAlias {
        let letters = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
        var text = String(letters[random.below(62)])
        for _ in 0..<random.below(63) { text.append(letters[random.below(letters.count)]) }
        return Example.alias(text)
    }

    mutating func death() -> DeadStatement {
        var accusers = Set((0..<random.below(6)).map { _ in NodeID(number()) }).sorted()
        if accusers.isEmpty, flag() { accusers = [NodeID(0)] }
        return DeadStatement(
            target: NodeID(number()), corePrefix: number(), incarnation: incarnation(),
            accusations: accusers.map { .init(accuser: $0, signature: signature()) })
    }

    mutating func refresh(_ standing: Standing) -> RefreshStatement {
        RefreshStatement(
            member: NodeID(number()), corePrefix: number(), incarnation: incarnation(),
            standing: standing, signature: signature())
    }

    mutating func unknown() -> Item {
        .unknown(type: UInt8(0x24 + random.below(0x5C)), value: bytes(upTo: 40))
    }

    mutating func view() -> ViewDigest {
        ViewDigest(members: number(), hash: number(), keyringHash: number())
    }

    mutating func incarnation() -> Incarnation {
        Example.incarnation(number() >> UInt64(1 + random.below(63)))
    }

    mutating func signature() -> Signature { Signature(octets()) }

    mutating func octets<Fixed: Octets>() -> Fixed {
        Fixed(bytes: random.bytes(Fixed.byteCount)) ?? Fixed()
    }

    mutating func number<Number: FixedWidthInteger>(_: Number.Type = Number.self) -> Number {
        Number(truncatingIfNeeded: random.next())
    }

    mutating func flag() -> Bool { random.next() & 1 == 0 }

    mutating func bytes(upTo limit: Int) -> [UInt8] { random.bytes(random.below(limit + 1)) }
}
