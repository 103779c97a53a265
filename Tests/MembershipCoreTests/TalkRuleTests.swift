import MembershipWire
import Testing

@testable import MembershipCore

/// Messages by stream: Specs/Wire.md, section 5.5.
@Suite struct TalkRuleTests {
    private let a: Player
    private let b: Player
    private let part = StreamMessage.DataPart(
        applicationType: 7, total: 2, offset: 0, bytes: [1, 2])

    init() throws {
        a = try Player("a", number: 11)
        b = try Player("b", number: 12)
    }

    private func say(
        _ message: StreamMessage, on stream: StreamID, as player: Player, _ table: inout Tabletop
    ) -> [Effect] {
        var boot: BootKey? = player.identity.bootKey
        if case .hello = message { boot = nil }
        return table.node.handle(
            .stream(stream, .received(message, remoteBoot: boot)), at: table.now)
    }

    private func call(_ number: UInt64, as player: Player, _ table: inout Tabletop) -> [Effect] {
        let stream = StreamID(number)
        let hello = StreamMessage.Hello(
            purpose: .message, protocolVersions: 1...1, caller: player.id)
        return say(.hello(hello), on: stream, as: player, &table)
            + say(.join(player.full()), on: stream, as: player, &table)
    }

    private func news(_ effects: [Effect]) -> [TalkNews] {
        effects.compactMap { if case .notify(.talk(let news)) = $0 { news } else { nil } }
    }

    private func ends(_ effects: [Effect]) -> [StreamEndCode] {
        effects.compactMap {
            if case .writeStream(_, .end(let code)) = $0 { code } else { nil }
        }
    }

    @Test func `two calls of one member are heard, a third one is told to come again`() throws {
        var table = try Tabletop.with([a, b])
        for number in [1, 3] as [UInt64] {
            guard case .called(_, let caller)? = news(call(number, as: a, &table)).first else {
                Issue.record("a call was not heard")
                return
            }
            #expect(caller == a.id)
        }
        #expect(ends(call(5, as: a, &table)) == [.busy])
        #expect(news(call(7, as: b, &table)).count == 1)
        // The first one has its answer, and there is a place again.
        let answered = table.node.handle(
            .talk(.answer(StreamID(1), .done)), at: table.now)
        #expect(ends(answered) == [.done])
        #expect(news(call(9, as: a, &table)).count == 1)
    }

    @Test func `a caller that does not live here, or is another process, is not heard`() throws {
        var table = try Tabletop.with([a])
        #expect(ends(call(1, as: b, &table)) == [.busy])
        let reborn = try Player("a", number: 11, boot: 99)
        #expect(ends(call(3, as: reborn, &table)) == [.busy])
        table.hear(.refresh(a.refresh(1, .left)), from: a)
        #expect(news(call(5, as: a, &table)).isEmpty)
    }

    @Test func `data passes where a message is talked of, and nowhere else`() throws {
        var table = try Tabletop.with([a])
        _ = call(1, as: a, &table)
        guard case .data(_, part)? = news(say(.data(part), on: StreamID(1), as: a, &table)).first
        else {
            Issue.record("a part was not passed on")
            return
        }
        let sync = StreamMessage.Hello(purpose: .sync, protocolVersions: 1...1, caller: a.id)
        _ = say(.hello(sync), on: StreamID(3), as: a, &table)
        _ = say(.join(a.full()), on: StreamID(3), as: a, &table)
        #expect(news(say(.data(part), on: StreamID(3), as: a, &table)).isEmpty)
        #expect(table.node.counters[.unexpectedStreamMessage] == 1)
    }

    @Test func `a member of protocol version 1 is not called for a message`() throws {
        let old = try Player("old", number: 13, protocolVersions: 1...1)
        var table = try Tabletop.with([a, old])
        let effects = table.node.handle(.talk(.call(old.id, attempt: 4)), at: table.now)
        #expect(effects.openedStream == nil)
        guard case .ended(4, .ended(.version))? = news(effects).first else {
            Issue.record("the call did not end by version")
            return
        }
    }

    @Test func `our call reaches the process that is meant, and ends with what it says`() throws {
        var table = try Tabletop.with([a, b])
        for (answering, isMeant) in [(a, true), (b, false)] {
            let opened = table.node.handle(.talk(.call(a.id, attempt: 4)), at: table.now)
            let stream = try #require(opened.openedStream)
            let told = news(
                say(.helloAck(answering.full(), .empty), on: stream, as: answering, &table))
            guard isMeant else {
                guard case .ended(4, .gone)? = told.first else {
                    Issue.record("a call to another member went on")
                    return
                }
                continue
            }
            guard case .began(stream, 4)? = told.first,
                case .ended(4, .ended(.noHandler))? = news(
                    say(.end(.noHandler), on: stream, as: a, &table)
                ).first
            else {
                Issue.record("a call did not begin and end")
                return
            }
        }
    }
}
