import MembershipWire
import Testing

@testable import MembershipCore

/// Joins and the farewell, decided by values that know no node.
struct EntranceTests {
    private let players: [Player]
    private let start = ClusterInstant(nanoseconds: 1_000_000_000)

    init() throws { players = try (1..<8).map { try Player("p\($0)", number: $0) } }

    private var seed: NodeID { players[0].id }

    /// A join whose peer list has come in.
    private func heartbeating() -> Joins {
        var joins = Joins(.lan)
        #expect(joins.begin(1, at: players[0].identity.endpoint, at: start) == true)
        joins.beginHeartbeats(of: 1, seed: seed, membersReceived: 5, at: start)
        return joins
    }

    // MARK: Joins

    @Test func `a join succeeds when four members agree, or all where there are fewer`() {
        for (living, needed) in [(2, 1), (4, 3), (5, 4), (100, 4)] {
            var joins = heartbeating()
            for number in 1...needed {
                let completed = joins.noteAck(
                    from: players[number].id, agrees: true, living: living, at: start)
                #expect(completed.count == (number == needed ? 1 : 0))
                guard let outcome = completed.first?.outcome else { continue }
                #expect(outcome.viewsAgree && outcome.udpWorks)
                #expect(outcome.membersAlive == living && outcome.membersReceived == 5)
            }
            #expect(joins.isEmpty)
        }
    }

    @Test func `an ack with another digest shows that datagrams pass, and no more`() throws {
        var joins = heartbeating()
        for player in players {
            let completed = joins.noteAck(
                from: player.id, agrees: false, living: 8, at: start)
            #expect(completed.isEmpty)
        }
        let step = joins.reachDeadline(of: 1, living: 8, at: start + .seconds(3))
        guard case .completed(let outcome) = step else { throw Unexpected() }
        #expect(outcome.udpWorks && !outcome.viewsAgree)
        #expect(outcome.elapsed == .seconds(3))
    }

    @Test func `members that agree are left out of the next round`() throws {
        var joins = heartbeating()
        _ = joins.noteAck(from: players[3].id, agrees: true, living: 8, at: start)
        let step = joins.reachDeadline(of: 1, living: 8, at: start + .milliseconds(2_999))
        guard case .heartbeats(let agreement) = step else { throw Unexpected() }
        #expect(agreement.seed == seed)
        #expect(players.filter { agreement.isAgreeing($0.id) }.map(\.id) == [players[3].id])
    }

    @Test func `while the stream is open no ack counts and no view is awaited`() throws {
        var joins = Joins(.lan)
        #expect(joins.begin(1, at: players[0].identity.endpoint, at: start) == true)
        #expect(joins.begin(1, at: players[1].identity.endpoint, at: start) == false)
        #expect(!joins.awaitsAgreement)
        let completed = joins.noteAck(from: seed, agrees: true, living: 2, at: start)
        #expect(completed.isEmpty)
        let step = joins.reachDeadline(of: 1, living: 2, at: start + .seconds(9))
        guard case nil = step else { throw Unexpected() }
        joins.beginHeartbeats(of: 1, seed: seed, membersReceived: 1, at: start)
        #expect(joins.awaitsAgreement)
    }

    @Test func `new keys are tried once, at the address of the join`() {
        var joins = Joins(.lan)
        let endpoint = players[0].identity.endpoint
        #expect(joins.retryWithNewKeys(1) == nil)
        #expect(joins.begin(1, at: endpoint, at: start) == true)
        #expect(joins.retryWithNewKeys(1) == endpoint)
        #expect(joins.retryWithNewKeys(1) == nil)
        #expect(joins.fail(1) == true)
        #expect(joins.fail(1) == false)
    }

    @Test func `a node that leaves gives up its joins in order`() {
        var joins = Joins(.lan)
        for attempt in [3, 1, 2] as [UInt64] {
            #expect(joins.begin(attempt, at: players[0].identity.endpoint, at: start) == true)
        }
        #expect(joins.failAll() == [1, 2, 3])
        #expect(joins.isEmpty)
    }

    // MARK: The farewell

    @Test func `two acks of heartbeats that carried it confirm a farewell`() {
        var farewell = Farewell(.lan, at: start)
        farewell.note(sent: 7)
        farewell.note(sent: 8)
        #expect(farewell.noteAck(from: players[1].id, to: 6) == false)
        #expect(farewell.noteAck(from: players[1].id, to: 7) == true)
        #expect(!farewell.isConfirmed(among: 3))
        // A node with one other member needs no more than that one.
        #expect(farewell.isConfirmed(among: 1))
        #expect(farewell.noteAck(from: players[1].id, to: 8) == true)
        #expect(farewell.confirmations == 1)
        #expect(farewell.noteAck(from: players[2].id, to: 8) == true)
        #expect(farewell.isConfirmed(among: 3))
    }

    @Test func `a farewell waits a second for its first ack and 400 ms for its second`() {
        func isOver(_ farewell: Farewell, after milliseconds: Int) -> Bool {
            var farewell = farewell
            return farewell.isOver(
                among: 3, spreading: .milliseconds(20), at: start + .milliseconds(milliseconds))
        }
        var farewell = Farewell(.lan, at: start)
        farewell.note(sent: 7)
        #expect(!isOver(farewell, after: 999))
        #expect(isOver(farewell, after: 1_000))
        _ = farewell.noteAck(from: players[1].id, to: 7)
        #expect(!isOver(farewell, after: 399))
        #expect(isOver(farewell, after: 400))
        _ = farewell.noteAck(from: players[2].id, to: 7)
        // The first wave of rumors and its repair are still on their way.
        #expect(!isOver(farewell, after: 100))
    }

    // MARK: Introductions

    @Test func `a member is told who we are ten times a second at most`() {
        var note = IntroductionNote()
        #expect(note.admits(every: .milliseconds(100), at: start) == true)
        #expect(note.admits(every: .milliseconds(100), at: start + .milliseconds(99)) == false)
        #expect(note.admits(every: .milliseconds(100), at: start + .milliseconds(100)) == true)
    }

    private struct Unexpected: Error {}
}
