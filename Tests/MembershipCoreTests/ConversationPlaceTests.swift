import MembershipWire
import Testing

@testable import MembershipCore

/// Whose place a caller takes when all are taken.
struct ConversationPlaceTests {
    private var conversations = Conversations(.lan)
    private var next: UInt64 = 1
    private var now = ClusterInstant.origin

    /// Calls, and says which conversation ended for it; nil if there was no place.
    private mutating func call(
        _ member: UInt64, _ purpose: StreamSession.AcceptedPurpose = .sync, from network: UInt32,
        isStranger: Bool = true
    ) -> Conversations.Place? {
        let caller = Conversations.Caller(
            member: NodeID(member), purpose: purpose,
            network: Network.widest(of: .v4(network)), isStranger: isStranger)
        let place = conversations.place(for: caller, at: now)
        guard place != .taken else { return nil }
        if case .insteadOf(let other) = place { conversations.end(other) }
        conversations.begin(StreamID(next), with: caller, at: now)
        next += 2
        return place
    }

    /// The number of free places that members get which each come from another network.
    private mutating func free(
        of count: Int, _ purpose: StreamSession.AcceptedPurpose, isStranger: Bool
    ) -> Int {
        var found = 0
        for _ in 0..<count {
            let number = UInt32(1_000 + next)
            next += 2
            let place = call(UInt64(number), purpose, from: number, isStranger: isStranger)
            if place == .free { found += 1 }
        }
        return found
    }

    @Test
    mutating func `sixty-four conversations of others are open at once, sixteen of them syncs`() {
        let first = next + 2
        let syncs = free(of: 20, .sync, isStranger: false)
        let joins = free(of: 70, .join, isStranger: false)
        #expect(syncs == 16 && joins == 48)
        conversations.end(StreamID(first))
        let more = [free(of: 2, .states, isStranger: false), free(of: 1, .keys, isStranger: false)]
        #expect(more == [1, 0])
    }

    @Test
    mutating func `members that have never answered leave a quarter of the places to others`() {
        let strangers = [
            free(of: 20, .sync, isStranger: true), free(of: 70, .join, isStranger: true),
        ]
        #expect(strangers == [12, 36])
        let members = [
            free(of: 20, .sync, isStranger: false), free(of: 70, .join, isStranger: false),
        ]
        #expect(members == [4, 12])
    }

    @Test mutating func `the third conversation of one member and purpose ends its oldest`() {
        let syncs = [call(1, from: 1), call(1, from: 1), call(1, from: 1), call(1, from: 2)]
        #expect(syncs == [.free, .free, .insteadOf(StreamID(1)), .insteadOf(StreamID(3))])
        let other = [call(1, .join, from: 1), call(2, from: 1)]
        #expect(other == [.free, .free])
    }

    @Test
    mutating func `the network with most conversations gives a place to one that has fewer`() {
        let held = (0..<20).map { call(1 + $0, from: 1) }
        #expect(held.filter { $0 == .free }.count == 12 && held.last == .some(nil))
        let honest = [call(101, from: 2), call(102, from: 3)]
        #expect(honest == [.insteadOf(StreamID(1)), .insteadOf(StreamID(3))])
        // It takes none of theirs.
        let place1 = call(50, from: 1)
        #expect(place1 == nil)
        // Other kinds of conversation are not touched.
        let place2 = call(50, .join, from: 1)
        #expect(place2 == .free)
    }

    @Test mutating func `networks that have as many end nothing of each other`() {
        for number in 0..<6 as Range<UInt64> {
            _ = call(1 + number, from: 1)
            _ = call(101 + number, from: 2)
        }
        let place3 = call(50, from: 1)
        #expect(place3 == nil)
        let place4 = call(150, from: 2)
        #expect(place4 == nil)
        let place5 = call(200, from: 3)
        #expect(place5 == .insteadOf(StreamID(1)))
        // Six are one more than five: they stay.
        let place6 = call(50, from: 1)
        #expect(place6 == nil)
    }

    @Test mutating func `a conversation that has been silent gives its place to any caller`() {
        for number in 0..<12 as Range<UInt64> { _ = call(1 + number, from: 1) }
        now = now + .milliseconds(2_999)
        conversations.heard(on: StreamID(1), at: now)
        let place7 = call(50, from: 1)
        #expect(place7 == nil)
        now = now + .milliseconds(1)
        let place8 = call(50, from: 1)
        #expect(place8 == .insteadOf(StreamID(3)))
    }

    @Test mutating func `a conversation for messages is never ended, however slow the answer is`() {
        for number in 0..<48 as Range<UInt64> { _ = call(1 + number, .message, from: 1) }
        now = now + .seconds(20)
        let place9 = call(50, .join, from: 2)
        #expect(place9 == nil)
        let place10 = call(1, .message, from: 1)
        #expect(place10 == nil)
        conversations.end(StreamID(1))
        let place11 = call(1, .message, from: 1)
        #expect(place11 == .free)
    }

    @Test func `a caller whose place another takes hears that we are busy`() throws {
        var table = try Tabletop()
        let player = try Player("caller", number: 9)
        func call(_ id: StreamID) -> [Effect] {
            let hello = StreamMessage.Hello(
                purpose: .sync, protocolVersions: ProtocolVersion.supported, caller: player.id)
            return [
                .comes(from: Network.all(of: .v4(1))[0]),
                .received(.hello(hello), remoteBoot: nil),
                .received(.join(player.full()), remoteBoot: player.identity.bootKey),
            ].flatMap { table.node.handle(.stream(id, $0), at: table.now) }
        }
        /// The streams that end as busy.
        func busy(_ effects: [Effect]) -> [StreamID] {
            effects.compactMap {
                if case .writeStream(let id, .end(.busy)) = $0 { id } else { nil }
            }
        }
        let ended = [call(StreamID(1)), call(StreamID(3)), call(StreamID(5))].map(busy)
        #expect(ended == [[], [], [StreamID(1)]])
    }

    @Test func `a caller of a full node is refused at its HELLO if no place can be made`() throws {
        var table = try Tabletop()
        let players = try (0..<14).map { try Player("caller\($0)", number: 20 + $0) }
        var codes: [StreamEndCode] = []
        for (number, player) in players.enumerated() {
            let id = StreamID(UInt64(2 * number + 1))
            let hello = StreamMessage.Hello(
                purpose: .sync, protocolVersions: ProtocolVersion.supported, caller: player.id)
            let answer = table.node.handle(
                .stream(id, .received(.hello(hello), remoteBoot: nil)), at: table.now)
            codes += answer.compactMap {
                if case .writeStream(id, .end(let code)) = $0 { code } else { nil }
            }
            _ = table.node.handle(
                .stream(
                    id,
                    .received(.join(player.full()), remoteBoot: player.identity.bootKey)),
                at: table.now)
        }
        #expect(codes == [.busy, .busy])
    }
}
