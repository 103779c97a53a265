import MembershipWire

/// Every kind of item and message with the bytes it must have, written out by hand.
enum Golden {
    /// Items at their smallest and, where they vary, at their largest.
    static func items() throws -> [(item: Item, bytes: [UInt8])] {
        let largest = FullStatement(
            core: try MemberCore(parsing: hex(Example.largestCoreHex)),
            incarnation: Example.incarnation(Incarnation.limit - 1), standing: .left,
            signature: Example.signature)
        let accusation = (1...5).map { "000000000000000\($0) 5A*64" }.joined(separator: " ")
        let deadHead = "0102030405060708 C0C1C2C3C4C5C6C7 0000000000000007"
        let userHead = "0102030405060708 0000000000000009 04 0102"
        return [
            (.full(try Example.full()), hex(Example.fullHex)),
            (
                .full(largest),
                hex("01 03E4 7FFFFFFFFFFFFFFF 01 5A*64 " + Example.largestCoreHex)
            ),
            (.refresh(Example.farewell), hex(Example.farewellHex)),
            (.suspect(Example.suspicion), hex(Example.suspicionHex)),
            (.view(Example.view), hex(Example.viewHex)),
            (.dead(Example.death(accusers: 0..<0)), hex("06 0019 \(deadHead) 00")),
            (.dead(Example.death(accusers: 1..<6)), hex("06 0181 \(deadHead) 05 \(accusation)")),
            (.user(Example.message(payload: [])), hex("07 0053 \(userHead) 5A*64")),
            (
                .user(Example.message(payload: Array(repeating: 0xCC, count: 1_024))),
                hex("07 0453 \(userHead) CC*1024 5A*64")
            ),
            (
                .relay(requester: Example.boot, token: Example.token),
                hex("08 0018 B0B1B2B3B4B5B6B7 70*16")
            ),
            (
                .proof(requester: Example.boot, proof: Example.proof),
                hex("09 0018 B0B1B2B3B4B5B6B7 71*16")
            ),
            (
                .degraded(
                    DegradedStatement(
                        member: Example.member, incarnation: Example.incarnation(7), counter: 2,
                        signature: Example.signature)),
                hex("0A 0054 0102030405060708 0000000000000007 00000002 5A*64")
            ),
            (
                .gone(
                    GoneStatement(
                        target: Example.member, corePrefix: 0x2122_2324_2526_2728,
                        incarnation: Example.incarnation(7), accuser: Example.accuser,
                        signature: Example.signature)),
                hex(
                    "0E 0060 0102030405060708 2122232425262728 0000000000000007"
                        + " 1112131415161718 5A*64")
            ),
            (
                .state(Example.state(since: 0, [("a", [0xEE, 0xFF]), ("b/1", [])])),
                hex(
                    "0B 008F \(Example.stateHead) 0000000000000000 02 01 61 00 0002 EEFF 03 622F31 00 0000"
                )
            ),
            (
                .state(Example.state(since: 2, [("a", nil)])),
                hex("0B 0084 \(Example.stateHead) 0000000000000002 01 01 61 01")
            ),
            (
                .state(Example.state(since: 3, [])),
                hex("0B 0081 \(Example.stateHead) 0000000000000003 00")
            ),
            (.stateView(0xD8D9_DADB_DCDD_DEDF), hex("0D 0008 D8D9DADBDCDDDEDF")),
            (
                .heard(origin: Example.member, sequence: 0x0000_0007_0000_0029),
                hex("0F 0010 0102030405060708 0000000700000029")
            ),
            (.unknown(type: 0x7F, value: []), hex("7F 0000")),
            (.unknown(type: 0x05, value: [1, 2, 3]), hex("05 0003 010203")),
        ]
    }

    /// One of each kind of datagram; the bytes before padding.
    static func datagrams() throws -> [(datagram: Datagram, content: [UInt8])] {
        let view = Item.view(Example.view)
        return [
            (Datagram(.heartbeat(isIntroduction: false), [view]), hex("01 00 " + Example.viewHex)),
            (
                Datagram(.heartbeat(isIntroduction: true), [.full(try Example.full()), view]),
                hex("01 01 " + Example.fullHex + Example.viewHex)
            ),
            (
                Datagram(
                    .heartbeat(isIntroduction: false),
                    [view, .relay(requester: Example.boot, token: Example.token)]),
                hex("01 00 " + Example.viewHex + " 08 0018 B0B1B2B3B4B5B6B7 70*16")
            ),
            (
                Datagram(
                    .heartbeatAck(echoedSequence: 0x2122_2324_2526_2728, health: 3),
                    [view, .proof(requester: Example.boot, proof: Example.proof)]),
                hex("02 00 2122232425262728 03 " + Example.viewHex)
                    + hex("09 0018 B0B1B2B3B4B5B6B7 71*16")
            ),
            (
                Datagram(
                    .relayHeartbeat(
                        target: Example.member, token: Example.token, timeoutMilliseconds: 500)),
                hex("03 00 0102030405060708 70*16 01F4 00")
            ),
            (
                Datagram(
                    .relayAck(target: Example.member, echoedSequence: 5, proof: Example.proof)),
                hex("04 00 0102030405060708 0000000000000005 71*16")
            ),
            (
                Datagram(
                    .relayNack(target: Example.member, echoedSequence: 5, reason: .unknownTarget)),
                hex("05 00 0102030405060708 0000000000000005 02")
            ),
            (
                Datagram(.gossip(isFinalCheck: false), [.suspect(Example.suspicion)]),
                hex("06 00 " + Example.suspicionHex)
            ),
            (
                Datagram(.gossip(isFinalCheck: true), [.suspect(Example.suspicion)]),
                hex("06 01 " + Example.suspicionHex)
            ),
            (
                Datagram(.who(echoedBoot: Example.boot, echoedSequence: 5)),
                hex("07 00 B0B1B2B3B4B5B6B7 0000000000000005")
            ),
            (
                Datagram(.goodbye(code: 1), [.refresh(Example.farewell)]),
                hex("08 00 01 " + Example.farewellHex)
            ),
            (
                Datagram(.message(applicationType: 0x0102, payload: [0xAA, 0xBB])),
                hex("09 00 0102 0002 AABB")
            ),
        ]
    }

    /// One of each kind of stream message that starts with a type byte.
    static func streamMessages() throws -> [(message: StreamMessage, bytes: [UInt8])] {
        let full = Item.full(try Example.full())
        return [
            (.peers(.init(total: 0, index: 0, items: [])), hex("10 00000000 00000000 0000")),
            (
                .peers(.init(total: 3, index: 1, items: [full, .refresh(Example.farewell)])),
                hex("10 00000003 00000001 0002 " + Example.fullHex + Example.farewellHex)
            ),
            (
                .syncBuckets(Array(repeating: 0x0102_0304_0506_0708, count: 64)),
                hex("11 0040 0102030405060708*64")
            ),
            (
                .syncIDs([.init(member: Example.member, recordHash: 0xF1)]),
                hex("12 0102030405060708 00000000000000F1")
            ),
            (
                .syncWant([Example.member, Example.accuser]),
                hex("13 0102030405060708 1112131415161718")
            ),
            (.syncDelta([full]), hex("14 " + Example.fullHex)),
            (
                .data(.init(applicationType: 7, total: 3, offset: 1, bytes: [0xAA, 0xBB])),
                hex("18 0007 00000003 00000001 AABB")
            ),
            (.end(.aliasTaken), hex("1F 0005")),
        ]
    }
}
