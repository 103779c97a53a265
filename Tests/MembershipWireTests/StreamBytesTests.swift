import Testing

@testable import MembershipWire

/// Streams: the three payloads of the handshake and what follows it.
struct StreamBytesTests {
    private let hello = StreamMessage.Hello(
        purpose: .sync, protocolVersions: 1...2, caller: Example.member)
    private let helloBytes = hex("02 00 01 02 0102030405060708 00*180")

    @Test func `every stream message has exactly its bytes`() throws {
        for golden in try Golden.streamMessages() {
            #expect(try MessageCodec.encode(golden.message) == golden.bytes)
            #expect(golden.message.byteCount == golden.bytes.count)
            #expect(try MessageCodec.decode(stream: golden.bytes) == golden.message)
        }
    }

    @Test func `every truncation of a stream message is refused or a shorter list`() throws {
        for golden in try Golden.streamMessages() {
            for count in 0..<golden.bytes.count {
                let cut = Array(golden.bytes[..<count])
                guard let decoded = try? MessageCodec.decode(stream: cut) else { continue }
                // Rows, ids, records and the bytes of a part end with their message: some may be missing.
                switch decoded {
                case .syncIDs, .syncWant, .syncDelta, .data:
                    #expect(try MessageCodec.encode(decoded) == cut)
                default: Issue.record("\(decoded) from \(count) bytes")
                }
            }
        }
    }

    @Test func `nothing may follow a stream message`() throws {
        for golden in try Golden.streamMessages() {
            #expect(throws: WireError.self) {
                try MessageCodec.decode(stream: golden.bytes + [0])
            }
        }
    }

    @Test func `a hello is 192 bytes`() throws {
        #expect(try MessageCodec.encode(.hello(hello)) == helloBytes)
        #expect(try MessageCodec.decodeHello(helloBytes) == hello)
        var versionless = hello
        versionless.protocolVersions = 0...1
        #expect(throws: EncodingError.refusable(.badProtocolVersions)) {
            try MessageCodec.encode(.hello(versionless))
        }
        for count in [0, 12, 191] {
            #expect(throws: WireError.badLength) {
                try MessageCodec.decodeHello(Array(helloBytes.prefix(count)))
            }
        }
        for index in 12..<192 {
            var changed = helloBytes
            changed[index] = 1
            #expect(throws: WireError.nonzeroPadding) { try MessageCodec.decodeHello(changed) }
        }
    }

    @Test func `a hello-ack is a FULL and a view, a join a FULL`() throws {
        let full = try Example.full()
        let ack = hex(Example.fullHex + Example.viewHex)
        #expect(try MessageCodec.encode(.helloAck(full, Example.view)) == ack)
        let decoded = try MessageCodec.decodeHelloAck(ack)
        #expect(decoded.member == full)
        #expect(decoded.view == Example.view)
        let join = hex(Example.fullHex)
        #expect(try MessageCodec.encode(.join(full)) == join)
        #expect(try MessageCodec.decodeJoin(join) == full)
        for count in 0..<ack.count {
            #expect(throws: WireError.self) {
                try MessageCodec.decodeHelloAck(Array(ack.prefix(count)))
            }
        }
        for count in 0..<join.count {
            #expect(throws: WireError.self) {
                try MessageCodec.decodeJoin(Array(join.prefix(count)))
            }
        }
        for tail in [[0], [0x7F, 0, 0]] as [[UInt8]] {
            #expect(throws: WireError.trailingBytes) { try MessageCodec.decodeJoin(join + tail) }
            #expect(throws: WireError.trailingBytes) { try MessageCodec.decodeHelloAck(ack + tail) }
        }
        let reversed = hex(Example.viewHex + Example.fullHex)
        #expect(throws: WireError.misplacedItem) { try MessageCodec.decodeHelloAck(reversed) }
    }

    @Test func `bucket counts are powers of two from 64 to 4,096`() throws {
        for count in [64, 128, 256, 512, 1_024, 2_048, 4_096] {
            let message = StreamMessage.syncBuckets((0..<UInt64(count)).map { $0 &* 0x9E37 })
            let bytes = try MessageCodec.encode(message)
            #expect(try MessageCodec.decode(stream: bytes) == message)
        }
        for count in [0, 1, 32, 63, 65, 96, 8_192] {
            let message = StreamMessage.syncBuckets(Array(repeating: 0, count: count))
            #expect(throws: EncodingError.self) { try MessageCodec.encode(message) }
        }
        // The count is believed only when the bytes are there.
        #expect(throws: WireError.truncated) {
            try MessageCodec.decode(stream: hex("11 1000 01*8"))
        }
    }

    @Test func `chunks of a peer list fit their own announcement`() throws {
        let item = Item.refresh(Example.farewell)
        let impossible: [StreamMessage.PeerListChunk] = [
            .init(total: 0, index: 0, items: [item]), .init(total: 0, index: 1, items: []),
            .init(total: 1, index: 1, items: [item]), .init(total: 1, index: 0, items: []),
            .init(total: 1, index: 0, items: [item, item]),
            .init(total: Bounds.peerListItems + 1, index: 0, items: [item]),
        ]
        for chunk in impossible {
            #expect(throws: EncodingError.refusable(.badChunk)) {
                try MessageCodec.encode(.peers(chunk))
            }
        }
        let oneMissing = hex("10 00000003 00000001 0002 " + Example.farewellHex)
        #expect(throws: WireError.badChunk) { try MessageCodec.decode(stream: oneMissing) }
    }

    @Test func `a chunk holds at most 256 items and 16 KiB`() throws {
        let small = Item.unknown(type: 0x7F, value: [])
        let most = StreamMessage.syncDelta(Array(repeating: small, count: 256))
        #expect(try MessageCodec.decode(stream: MessageCodec.encode(most)) == most)
        let more = StreamMessage.syncDelta(Array(repeating: small, count: 257))
        #expect(throws: EncodingError.refusable(.tooManyItems)) { try MessageCodec.encode(more) }
        #expect(throws: WireError.tooManyItems) {
            try MessageCodec.decode(stream: [0x14] + hex("7F0000*257"))
        }
        let long = StreamMessage.syncDelta([
            .unknown(type: 0x7F, value: .init(repeating: 1, count: 16_381))
        ])
        #expect(throws: EncodingError.tooLong(bytes: 16_385, limit: 16_384)) {
            try MessageCodec.encode(long)
        }
    }

    @Test func `a chunk of rows or wants can be filled to its named bound`() throws {
        let row = StreamMessage.SyncRow(member: Example.member, recordHash: 1)
        let rows = StreamMessage.syncIDs(.init(repeating: row, count: Bounds.rowsPerChunk))
        #expect(try MessageCodec.decode(stream: MessageCodec.encode(rows)) == rows)
        let moreRows = StreamMessage.syncIDs(.init(repeating: row, count: Bounds.rowsPerChunk + 1))
        #expect(throws: EncodingError.self) { try MessageCodec.encode(moreRows) }
        let wants = StreamMessage.syncWant(
            .init(repeating: Example.member, count: Bounds.wantsPerChunk))
        #expect(try MessageCodec.decode(stream: MessageCodec.encode(wants)) == wants)
        let moreWants = StreamMessage.syncWant(
            .init(repeating: Example.member, count: Bounds.wantsPerChunk + 1))
        #expect(throws: EncodingError.self) { try MessageCodec.encode(moreWants) }
    }

    @Test func `streams carry records, not views, tokens or messages`() throws {
        for golden in try Golden.items() {
            let message = StreamMessage.syncDelta([golden.item])
            let isRecord: Bool
            switch golden.item {
            case .view, .relay, .proof, .user, .stateView: isRecord = false
            default: isRecord = true
            }
            #expect(((try? MessageCodec.encode(message)) != nil) == isRecord)
            #expect(((try? MessageCodec.decode(stream: [0x14] + golden.bytes)) != nil) == isRecord)
        }
        // Reserved types are unknown today, and kept.
        let keys = StreamMessage.syncDelta([.unknown(type: 0x20, value: [1])])
        #expect(try MessageCodec.decode(stream: MessageCodec.encode(keys)) == keys)
    }

    @Test(arguments: StreamEndCode.allCases)
    func `every end code survives, in the stream and in clear`(code: StreamEndCode) throws {
        let message = StreamMessage.end(code)
        #expect(try MessageCodec.decode(stream: MessageCodec.encode(message)) == message)
        guard let reject = ClearReject(code) else {
            #expect(code == .done)
            return
        }
        #expect(reject.bytes == hex("491F 00\(hexadecimal(UInt64(code.rawValue), digits: 2)) 00*4"))
        #expect(try ClearReject(parsing: reject.bytes) == reject)
    }
}
