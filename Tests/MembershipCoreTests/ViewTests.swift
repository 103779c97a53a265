import MembershipWire
import Testing

@testable import MembershipCore

/// What changes with one member's state, decided by a value that knows no node.
struct ViewTests {
    private let players: [Player]
    private let start = ClusterInstant(nanoseconds: 1_000_000_000)

    init() throws {
        players = try (1..<5).map { try Player("p\($0)", number: $0) }
    }

    private func view() -> View {
        var view = View(.lan)
        view.begin(with: players[0].record(), at: start)
        return view
    }

    @Test func `a change of state says what the owner is to be told`() {
        var view = view()
        let member = players[1]
        let steps: [(MemberState, UInt64, [MemberChange.Kind])] = [
            (.alive, 1, [.joined]), (.suspect, 1, [.suspected]), (.suspect, 1, []),
            (.alive, 2, [.recovered]), (.dead, 2, [.failed]), (.alive, 3, [.joined]),
            (.left, 3, [.left]), (.left, 4, []),
        ]
        for (state, number, changes) in steps {
            let transition = view.setState(
                member.record(number), as: state, isNewcomer: true, at: start)
            #expect(transition.changes == changes, "\(state) \(number)")
        }
    }

    @Test func `suspicion changes no digest, death does`() {
        var view = view()
        _ = view.setState(players[1].record(), as: .alive, isNewcomer: true, at: start)
        let later = start + .seconds(1)
        _ = view.setState(players[1].record(), as: .suspect, isNewcomer: false, at: later)
        #expect(view.changedAt == start)
        _ = view.setState(players[1].record(), as: .dead, isNewcomer: false, at: later)
        #expect(view.changedAt == later)
    }

    @Test func `a new boot ends what we knew from the former one`() throws {
        var view = view()
        let member = players[1]
        _ = view.setState(member.record(), as: .alive, isNewcomer: true, at: start)
        view[contact: member.id].reachability.note(answerAt: start)
        let same = view.setState(member.record(2), as: .alive, isNewcomer: false, at: start)
        #expect(!same.isNewBoot && view[contact: member.id].reachability.lastAck == start)
        let restarted = try Player("p2", number: 2, boot: 99)
        let other = view.setState(restarted.record(3), as: .alive, isNewcomer: false, at: start)
        #expect(other.isNewBoot && view[contact: member.id].reachability.lastAck == nil)
    }

    @Test func `a look at a contact begins none`() {
        var view = view()
        #expect(view[contact: players[1].id].reachability.lastAck == nil)
        #expect(view.contacts.isEmpty)
        view[contact: players[1].id].reachability.note(answerAt: start)
        #expect(view.contacts.count == 1)
    }

    @Test func `the novelty of a record is judged without its signature`() {
        var view = view()
        let member = players[1]
        _ = view.setState(member.record(2), as: .alive, isNewcomer: true, at: start)
        func novelty(_ record: MemberRecord) -> View.Novelty {
            view.novelty(of: record, over: view.table[record.id])
        }
        let forger = players[2].full().signature
        #expect(novelty(member.record(1, signature: forger)) == .none)
        #expect(novelty(member.record(3, signature: forger)) == .news)
        #expect(
            novelty(member.record(3 << 40, signature: forger)) == .refused(.incarnationJump))
    }

    @Test func `names that two members state are reported once`() throws {
        var view = view()
        let second = try Player("p1", number: 7)
        _ = view.setState(second.record(), as: .alive, isNewcomer: false, at: start)
        let transition = view.setState(
            second.record(2), as: .alive, isNewcomer: false, at: start + .seconds(1))
        #expect(transition.names.isEmpty)
        let third = try Player("p1", number: 8)
        let contest = view.setState(
            third.record(), as: .alive, isNewcomer: false, at: start + .seconds(9))
        guard case .isContested(let bearer, let claimant) = try #require(contest.names.first) else {
            return #expect(Bool(false), "\(contest.names)")
        }
        #expect(bearer.id == players[0].id && claimant.id == third.id)
    }

    @Test func `a full table gives room by its oldest tombstones`() {
        var configuration = CoreConfiguration.lan
        configuration.memberLimit = 2
        configuration.tombstoneLimit = 1
        var view = View(configuration)
        let own = players[0].id
        view.begin(with: players[0].record(), at: start)
        _ = view.setState(players[1].record(), as: .left, isNewcomer: true, at: start)
        #expect(view.tombstonesToReplace(except: own, at: start).isEmpty)
        _ = view.setState(
            players[2].record(), as: .left, isNewcomer: true, at: start + .seconds(1))
        #expect(view.tombstonesToReplace(except: own, at: start) == [players[1].id])
    }
}
