import MembershipWire
import Testing

@testable import MembershipCore

/// Messages to one member: Specs/Protocol.md, "Messages to one member".
@Suite struct MemberMessageRuleTests {
    private let a: Player
    private let b: Player

    init() throws {
        a = try Player("a", number: 11)
        b = try Player("b", number: 12)
    }

    private let message = Datagram(.message(applicationType: 7, payload: [1, 2]))

    private func heard(_ effects: [Effect]) -> [NodeID] {
        effects.compactMap {
            if case .notify(.memberMessage(let sender, 7, [1, 2])) = $0 { sender } else { nil }
        }
    }

    @Test func `a message goes to one member, in one datagram of its own`() throws {
        var table = try Tabletop.with([a, b])
        let effects = table.node.handle(
            .send(type: 7, payload: [1, 2], to: a.id), at: table.now)
        let sent = effects.compactMap { effect -> (Datagram, BootID)? in
            if case .send(let datagram, _, let to) = effect { (datagram, to.boot) } else { nil }
        }
        #expect(sent.map(\.0) == [message])
        #expect(sent.map(\.1) == [a.boot])
        let stranger = NodeID(99)
        #expect(
            table.node.handle(.send(type: 7, payload: [], to: stranger), at: table.now).isEmpty)
    }

    @Test func `a message is delivered with its sender, and not one of a member that has left`()
        throws
    {
        var table = try Tabletop.with([a, b])
        #expect(heard(table.receive(message, from: a)) == [a.id])
        table.hear(.refresh(a.refresh(1, .left)), from: b)
        #expect(heard(table.receive(message, from: a)) == [])
        #expect(table.node.counters[.messageOfGone] == 1)
        #expect(heard(table.receive(message, from: try Player("c", number: 13))) == [])
    }

    @Test func `one member that floods is dropped beyond its measure, and others are heard`() throws
    {
        var table = try Tabletop.with([a, b])
        let perMember = CoreConfiguration.lan.messagesPerMember
        var delivered = 0
        for _ in 0..<(3 * perMember) { delivered += heard(table.receive(message, from: a)).count }
        #expect(delivered == 2 * perMember)
        #expect(table.node.counters[.messageRate] == UInt64(perMember))
        #expect(heard(table.receive(message, from: b)) == [b.id])
        table.wait(.seconds(1), answering: [a, b])
        #expect(heard(table.receive(message, from: a)) == [a.id])
    }

    @Test func `a sender's measure is a share for each member and one for all`() {
        var configuration = CoreConfiguration.lan
        configuration.messagesPerSecond = 10
        configuration.messagesPerMember = 4
        var measure = MessageMeasure(configuration)
        let now = ClusterInstant(nanoseconds: 1)
        let taken = (1...4 as ClosedRange<UInt64>).map { member in
            (0..<6).count { _ in measure.take(for: NodeID(member), at: now) }
        }
        #expect(taken == [4, 4, 2, 0])
        let next = now + .seconds(1)
        #expect((0..<6).count { _ in measure.take(for: NodeID(4), at: next) } == 4)
    }
}
