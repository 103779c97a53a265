import MembershipCore
import MembershipWire
import Testing

/// What others may make a node hold, and where it says no.
struct CoreBoundsTests {
    let players: [Player]

    init() throws {
        players = try (41..<56).map { try Player("p\($0)", number: $0) }
    }

    @Test func `of one accuser eight accusations are open, and a ninth when one is refuted`() throws
    {
        var table = try Tabletop.with(players)
        let accuser = players[0]
        let accused = players[1..<10]
        for target in accused { table.hear(.suspect(accuser.suspects(target)), from: accuser) }
        #expect(accused.filter { table.state(of: $0) == .suspect }.count == 8)
        #expect(table.node.counters[.tooManyAccusations] == 1)
        let ninth = players[9]
        #expect(table.state(of: ninth) == .alive)
        table.hear(.refresh(players[1].refresh(2)), from: players[1])
        table.hear(.suspect(accuser.suspects(ninth)), from: accuser)
        #expect(table.state(of: ninth) == .suspect)
    }

    @Test func `four views are compared at once, and another when one stream has ended`() throws {
        let few = Array(players.prefix(5))
        var table = try Tabletop.with(few)
        var syncs: [StreamID] = []
        /// The first member shows a view that is always another; all answer.
        func goOn(for seconds: Int) {
            for _ in 0..<10 * seconds {
                let view = ViewDigest(members: 9, hash: UInt64(syncs.count + 1), keyringHash: 0)
                syncs += table.hear(.view(view), from: few[0]).syncs
                syncs += table.wait(.milliseconds(100), answering: few).syncs
            }
        }
        goOn(for: 15)
        #expect(syncs.count == 4)
        let ended = try #require(syncs.first)
        _ = table.node.handle(.stream(ended, .failed(.broken)), at: table.now)
        goOn(for: 5)
        #expect(syncs.count == 5)
    }

    @Test func `a hundred and sixty callers may be about to say who they are, not more`() throws {
        var table = try Tabletop()
        var codes: [StreamEndCode] = []
        for number in 0..<161 as Range<UInt64> {
            let hello = StreamMessage.Hello(
                purpose: .join, protocolVersions: ProtocolVersion.supported, caller: players[0].id)
            let id = StreamID(2 * number + 1)
            let answer = table.node.handle(
                .stream(id, .received(.hello(hello), remoteBoot: nil)), at: table.now)
            codes += answer.compactMap {
                if case .writeStream(id, .end(let code)) = $0 { code } else { nil }
            }
            #expect(codes == (number < 160 ? [] : [.busy]))
        }
    }

    @Test func `who relays for a thousand and twenty-four tells the next that it is busy`() throws {
        var configuration = CoreConfiguration.lan
        configuration.relaysPerRequester = 2_000
        var table = try Tabletop(configuration)
        for player in players { table.introduce(player) }
        var reasons: [RelayNackReason] = []
        for _ in 0..<1_025 {
            let request = Datagram.Body.relayHeartbeat(
                target: players[1].id, token: RelayToken(Octets16()), timeoutMilliseconds: 2_000)
            reasons += table.receive(Datagram(request), from: players[0]).sent.compactMap {
                if case .relayNack(_, _, let reason) = $0.datagram.body { reason } else { nil }
            }
        }
        #expect(reasons == [.busy])
    }
}

extension [Effect] {
    /// Streams opened in order to compare views.
    fileprivate var syncs: [StreamID] {
        compactMap {
            if case .openStream(let id, _, let hello, _) = $0, hello.purpose == .sync {
                id
            } else {
                nil
            }
        }
    }
}
