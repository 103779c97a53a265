import MembershipWire
import Testing

@testable import MembershipCore

/// Statements beyond what is taken in of one member: which of them waits, and when its signature is checked.
@Suite struct WaitingStatementTests {
    private let players: [Player]
    private let teller: Player
    private let origin: Player

    init() throws {
        players = try (11...16).map { try Player("m\($0)", number: $0) }
        teller = players[0]
        origin = players[1]
    }

    /// A table where the member has used up what is taken in of its statements at once.
    private func tableOfBusyOrigin() throws -> Tabletop {
        var table = try Tabletop.with(players)
        for number in 2...21 as ClosedRange<UInt64> {
            table.hear(.refresh(origin.refresh(number)), from: origin)
        }
        #expect(table.node.counters[.tooManyStatements] == 0)
        return table
    }

    private func forged(_ number: UInt64) -> Item {
        var statement = origin.refresh(number)
        statement.signature = teller.full().signature
        return .refresh(statement)
    }

    private func incarnation(of player: Player, in table: Tabletop) -> UInt64? {
        table.node.status(of: player.id, at: table.now)?.record.incarnation.number
    }

    @Test func `of the statements that wait only the one whose turn comes is checked`() throws {
        var table = try tableOfBusyOrigin()
        let before = table.node.counters.checks
        for number in 22...321 as ClosedRange<UInt64> {
            table.hear(.refresh(origin.refresh(number)), from: origin)
        }
        #expect(table.node.counters.checks == before)
        #expect(table.node.counters[.tooManyStatements] == 300)
        table.wait(.milliseconds(250), answering: players)
        #expect(table.node.counters.checks == before + 1)
        #expect(incarnation(of: origin, in: table) == 321)
    }

    @Test func `a false statement that waited counts against the member that brought it`() throws {
        var table = try tableOfBusyOrigin()
        table.hear(forged(101), from: teller)
        #expect(table.node.counters[.badSignature] == 0)
        table.wait(.milliseconds(250), answering: players)
        #expect(table.node.counters[.badSignature] == 1)
        // Nothing waits any more, so the next ones are checked as they come.
        table.hear(forged(102), forged(103), from: teller)
        #expect(table.node.counters[.badSignature] == 3)
        #expect(incarnation(of: origin, in: table) == 21)
        table.hear(.refresh(origin.refresh(22)), from: teller)
        #expect(table.node.counters[.distrustedSender] == 1)
    }

    @Test func `a false statement displaces no true one that another member brings`() throws {
        for isForgedFirst in [true, false] {
            var table = try tableOfBusyOrigin()
            if isForgedFirst { table.hear(forged(1_000), from: teller) }
            table.hear(.refresh(origin.refresh(22)), from: players[2])
            if !isForgedFirst { table.hear(forged(1_000), from: teller) }
            table.hear(.refresh(origin.refresh(23)), from: players[3])
            table.wait(.milliseconds(250), answering: players)
            #expect(incarnation(of: origin, in: table) == 23)
            #expect(table.node.counters[.badSignature] == 1)
        }
    }

    @Test func `a statement that several members repeat while it waits is checked once`() throws {
        var table = try tableOfBusyOrigin()
        let before = table.node.counters.checks
        for player in players where player.id != origin.id {
            table.hear(.refresh(origin.refresh(22)), from: player)
        }
        table.wait(.milliseconds(250), answering: players)
        #expect(table.node.counters.checks == before + 1)
        #expect(incarnation(of: origin, in: table) == 22)
    }
}
