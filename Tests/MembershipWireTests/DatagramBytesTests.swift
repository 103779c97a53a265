import Testing

@testable import MembershipWire

/// Datagrams as a whole: their bytes, their padding, and which items they may carry.
struct DatagramBytesTests {
    @Test func `every datagram has exactly its bytes`() throws {
        for golden in try Golden.datagrams() {
            let bytes = try MessageCodec.encode(golden.datagram)
            #expect(bytes == golden.content.padded)
            #expect(golden.datagram.byteCount == golden.content.count)
            #expect(try MessageCodec.decode(datagram: bytes) == golden.datagram)
        }
    }

    @Test func `every truncation of a datagram is refused`() throws {
        for golden in try Golden.datagrams() {
            let bytes = golden.content.padded
            for count in 0..<bytes.count {
                #expect(throws: WireError.self) {
                    try MessageCodec.decode(datagram: Array(bytes[..<count]))
                }
            }
        }
    }

    @Test func `a flipped bit is refused or says something else with the same bytes`() throws {
        for golden in try Golden.datagrams() {
            for bit in 0..<(8 * golden.content.padded.count) {
                var bytes = golden.content.padded
                bytes[bit / 8] ^= 1 << (bit % 8)
                guard let decoded = try? MessageCodec.decode(datagram: bytes) else { continue }
                #expect(decoded != golden.datagram)
                #expect(try MessageCodec.encode(decoded, padding: .to(bytes.count)) == bytes)
            }
        }
    }

    @Test func `nothing but zeros may follow the items`() throws {
        for golden in try Golden.datagrams() {
            let bytes = golden.content.padded
            for index in golden.content.count..<bytes.count {
                var changed = bytes
                changed[index] = 1
                // The first byte after the items starts one more; all others must be zero.
                let isRefused = (try? MessageCodec.decode(datagram: changed)) == nil
                #expect(isRefused || index == golden.content.count)
            }
        }
    }

    @Test func `an idle heartbeat and its ack take 64 bytes`() throws {
        let heartbeat = Datagram(.heartbeat(isIntroduction: false), [.view(Example.view)])
        let ack = Datagram(.heartbeatAck(echoedSequence: 1, health: 0), [.view(Example.view)])
        #expect(try MessageCodec.encode(heartbeat).count == 64)
        #expect(try MessageCodec.encode(ack).count == 64)
    }

    @Test func `padding goes to a multiple of what was asked, and never past the limit`() throws {
        #expect(try Padding.standard.length(for: 0) == 64)
        #expect(try Padding.standard.length(for: 64) == 64)
        #expect(try Padding.standard.length(for: 65) == 128)
        #expect(try Padding.to(256).length(for: 257) == 512)
        #expect(try Padding.to(1_024).length(for: 1_025) == 1_280)
        #expect(try Padding.maximum.length(for: 2) == 1_280)
        #expect(throws: EncodingError.tooLong(bytes: 1_281, limit: 1_280)) {
            try Padding.maximum.length(for: 1_281)
        }
        for step in [0, -64, 63, 100, 1_344] {
            #expect(throws: EncodingError.badPadding(step)) { try Padding.to(step).length(for: 1) }
        }
    }

    @Test func `receivers take every padding`() throws {
        let heartbeat = Datagram(.heartbeat(isIntroduction: false), [.view(Example.view)])
        for step in stride(from: 64, through: 1_280, by: 64) {
            let bytes = try MessageCodec.encode(heartbeat, padding: .to(step))
            #expect(bytes.count == step)
            #expect(try MessageCodec.decode(datagram: bytes) == heartbeat)
        }
    }

    @Test func `encoding appends and an error leaves the buffer alone`() throws {
        var buffer: [UInt8] = [1, 2, 3]
        let who = Datagram(.who(echoedBoot: Example.boot, echoedSequence: 5))
        try MessageCodec.encode(who, into: &buffer)
        #expect(try buffer == [1, 2, 3] + MessageCodec.encode(who))
        let before = buffer
        #expect(throws: EncodingError.refusable(.missingItem)) {
            try MessageCodec.encode(Datagram(.goodbye(code: 0)), into: &buffer)
        }
        #expect(buffer == before)
    }

    @Test func `a size that was worked out too small is an error and writes nothing`() {
        var buffer: [UInt8] = [1, 2, 3]
        #expect(throws: EncodingError.tooLong(bytes: 2, limit: 1)) {
            try MessageCodec.append(1, to: &buffer) { $0.write(UInt16(7)) }
        }
        #expect(buffer == [1, 2, 3])
    }

    @Test func `a datagram carries at most 64 items and 1,280 bytes`() throws {
        let small = Item.unknown(type: 0x7F, value: [])
        let most = Datagram(.gossip(isFinalCheck: false), Array(repeating: small, count: 64))
        #expect(try MessageCodec.decode(datagram: MessageCodec.encode(most)) == most)
        let more = Datagram(.gossip(isFinalCheck: false), Array(repeating: small, count: 65))
        #expect(throws: EncodingError.refusable(.tooManyItems)) { try MessageCodec.encode(more) }

        let exact = Datagram(
            .gossip(isFinalCheck: false),
            [.unknown(type: 0x7F, value: Array(repeating: 1, count: 1_275))])
        #expect(try MessageCodec.decode(datagram: MessageCodec.encode(exact)) == exact)
        let long = Datagram(
            .gossip(isFinalCheck: false),
            [.unknown(type: 0x7F, value: Array(repeating: 1, count: 1_276))])
        #expect(throws: EncodingError.tooLong(bytes: 1_281, limit: 1_280)) {
            try MessageCodec.encode(long)
        }
    }

    /// Bodies in the order of the columns of the table in Specs/Wire.md, section 4.1.
    private static let bodies: [Datagram.Body] = [
        .heartbeat(isIntroduction: false), .heartbeat(isIntroduction: true),
        .heartbeatAck(echoedSequence: 1, health: 0),
        .relayHeartbeat(target: Example.member, token: Example.token, timeoutMilliseconds: 1),
        .relayAck(target: Example.member, echoedSequence: 1, proof: Example.proof),
        .relayNack(target: Example.member, echoedSequence: 1, reason: .busy),
        .gossip(isFinalCheck: false), .who(echoedBoot: Example.boot, echoedSequence: 1),
        .goodbye(code: 0), .message(applicationType: 1, payload: []),
    ]

    /// What each body cannot do without.
    private static func required(_ body: Datagram.Body) throws -> [Item] {
        switch body {
        case .heartbeat(isIntroduction: true): [.full(try Example.full()), .view(Example.view)]
        case .heartbeat, .heartbeatAck: [.view(Example.view)]
        case .goodbye: [.refresh(Example.farewell)]
        default: []
        }
    }

    /// `*` any number, `1` exactly one, `?` at most one, `.` none.
    @Test(arguments: [
        ("full", "*1***" + "**.*."), ("refresh", "*.***" + "**.*."), ("suspect", "*.***" + "**.*."),
        ("dead", "*.***" + "**.*."), ("user", "*.***" + "**.*."), ("degraded", "*.***" + "**.*."),
        ("view", "111??" + "??..."), ("relay", "?...." + "....."), ("proof", "..?.." + "....."),
        ("unknown", "*****" + "*****"), ("reserved for streams", "....." + "....."),
        ("heard", "....." + "....."),
    ])
    func `items stand where the table says`(name: String, row: String) throws {
        let item = try Self.item(named: name)
        for (body, cell) in zip(Self.bodies, row) {
            let required = try Self.required(body).filter { $0 != item }
            func isAccepted(_ count: Int) -> Bool {
                let items = required + Array(repeating: item, count: count)
                let datagram = Datagram(body, items)
                let isEncodable = (try? MessageCodec.encode(datagram)) != nil
                #expect(isEncodable == ((try? roundTrip(datagram)) == datagram))
                return isEncodable
            }
            #expect(isAccepted(1) == (cell != "."), "one \(name) in \(body)")
            #expect(isAccepted(2) == (cell == "*"), "two \(name) in \(body)")
            if cell == "1" { #expect(!isAccepted(0), "no \(name) in \(body)") }
        }
    }

    /// Through bytes that were put together without any check.
    private func roundTrip(_ datagram: Datagram) throws -> Datagram {
        let head = try MessageCodec.encode(
            Datagram(datagram.body, try Self.required(datagram.body)))
        var bytes = Array(head.prefix(datagram.body.byteCount))
        for item in datagram.items {
            try MessageCodec.append(item.byteCount, to: &bytes) { $0.write(item) }
        }
        return try MessageCodec.decode(datagram: bytes.padded)
    }

    private static func item(named name: String) throws -> Item {
        switch name {
        case "full": .full(try Example.full())
        case "refresh": .refresh(Example.farewell)
        case "suspect": .suspect(Example.suspicion)
        case "dead": .dead(Example.death(accusers: 1..<2))
        case "user": .user(Example.message(payload: [1]))
        case "degraded":
            .degraded(
                DegradedStatement(
                    member: Example.member, incarnation: .first, counter: 1,
                    signature: Example.signature))
        case "view": .view(Example.view)
        case "relay": .relay(requester: Example.boot, token: Example.token)
        case "proof": .proof(requester: Example.boot, proof: Example.proof)
        case "heard": .heard(origin: Example.member, sequence: 1)
        case "unknown": .unknown(type: 0x7F, value: [1])
        default: .unknown(type: 0x20, value: [1])
        }
    }

    @Test func `an introduction needs its FULL and a goodbye its LEFT`() throws {
        let view = Item.view(Example.view)
        var alive = Example.farewell
        alive.standing = .alive
        for datagram in [
            Datagram(.heartbeat(isIntroduction: true), [view]),
            Datagram(.goodbye(code: 0)),
            Datagram(.goodbye(code: 0), [.refresh(alive)]),
        ] {
            #expect(throws: EncodingError.refusable(.missingItem)) {
                try MessageCodec.encode(datagram)
            }
        }
    }

    @Test(arguments: bodies)
    func `a message is read under its own suite only`(body: Datagram.Body) throws {
        let bytes = try MessageCodec.encode(Datagram(body, try Self.required(body)))
        let isFirstContact =
            switch body {
            case .heartbeat(let isIntroduction): isIntroduction
            case .who: true
            default: false
            }
        let (own, other) =
            isFirstContact ? (Suite.cluster, Suite.pairwise) : (.pairwise, .cluster)
        #expect(try MessageCodec.decode(datagram: bytes, under: own).body == body)
        #expect(throws: WireError.wrongSuite) {
            try MessageCodec.decode(datagram: bytes, under: other)
        }
    }
}
