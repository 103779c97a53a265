import MembershipWire
import Testing

@testable import MembershipCore

/// When views and keyrings are compared, decided by values that know no node.
struct ReconcilerTests {
    private let one: NodeID
    private let other: NodeID
    private let start = ClusterInstant(nanoseconds: 1_000_000_000)

    init() throws {
        one = try Player("one", number: 1).id
        other = try Player("other", number: 2).id
    }

    // MARK: Views

    @Test func `views are compared when ours has been quiet for a second`() {
        var views = ViewComparison(.lan)
        #expect(
            views.noteDifference(from: one, patience: .seconds(1), at: start) == start + .seconds(1)
        )
        let changedAt = start + .milliseconds(300)
        let early = views.reachDeadline(
            ownDigest: 1, changedAt: changedAt, isBusy: false, at: start + .seconds(1))
        #expect(early == .wait(until: changedAt + .seconds(1)))
        let due = views.reachDeadline(
            ownDigest: 1, changedAt: changedAt, isBusy: false, at: changedAt + .seconds(1))
        #expect(due == .compare)
        #expect(views.pendingMember == nil)
    }

    @Test func `news that never ends postpones a comparison by two seconds at most`() {
        var views = ViewComparison(.lan)
        _ = views.noteDifference(from: one, patience: .seconds(1), at: start)
        let last = start + .seconds(2)
        let step = views.reachDeadline(ownDigest: 1, changedAt: last, isBusy: false, at: last)
        #expect(step == .compare)
    }

    @Test func `one difference at a time is waited upon, and agreement ends the wait`() {
        var views = ViewComparison(.lan)
        _ = views.noteDifference(from: one, patience: .seconds(1), at: start)
        #expect(!views.isOpen(to: other, at: start))
        views.noteAgreement(with: other)
        #expect(views.pendingMember == one)
        views.noteAgreement(with: one)
        #expect(views.isOpen(to: other, at: start))
        let step = views.reachDeadline(ownDigest: 1, changedAt: start, isBusy: false, at: start)
        #expect(step == nil)
    }

    @Test func `comparisons that bring nothing are repeated at doubling pauses, others at once`() {
        var views = ViewComparison(.lan)
        var now = start
        /// Compares with `one`, and returns for how long it rests.
        func pause(ownDigest: UInt64) -> Duration {
            while !views.isOpen(to: one, at: now) { now = now + .milliseconds(100) }
            var due = views.noteDifference(from: one, patience: .seconds(1), at: now)
            while case .wait(let later) = views.reachDeadline(
                ownDigest: ownDigest, changedAt: start, isBusy: false, at: due)
            {
                due = later
            }
            now = due
            while !views.isOpen(to: one, at: now) { now = now + .milliseconds(100) }
            return now - due
        }
        let unchanged = (0..<8).map { _ in pause(ownDigest: 7) }
        #expect(unchanged == [1, 2, 4, 8, 16, 30, 30, 30].map { .seconds($0) })
        #expect(pause(ownDigest: 8) == .seconds(1))
    }

    @Test func `while all streams for comparing are taken the next one waits a second`() {
        var views = ViewComparison(.lan)
        _ = views.noteDifference(from: one, patience: .zero, at: start)
        // The first comparison ever cannot be one too many.
        let first = views.reachDeadline(ownDigest: 1, changedAt: start, isBusy: true, at: start)
        #expect(first == .compare)
        _ = views.noteDifference(from: other, patience: .zero, at: start)
        let second = views.reachDeadline(ownDigest: 1, changedAt: start, isBusy: true, at: start)
        #expect(second == .wait(until: start + .seconds(1)))
    }

    // MARK: Keyrings

    @Test func `a talk about keys that leaves a difference is repeated at doubling pauses`() {
        var keyrings = KeyringComparison(ownHash: 1, .lan)
        var note = KeyringNote()
        var now = start
        var pauses: [Duration] = []
        for _ in 0..<11 {
            let last = now
            var due: ClusterInstant?
            while due == nil {
                due = keyrings.note(
                    2, of: one, in: &note, mayCall: true, isJoining: false, at: now)
                now = now + .seconds(1)
            }
            now = due ?? now
            pauses.append(now - last)
            #expect(keyrings.takePending() == one)
            #expect(keyrings.begin(notedIn: &note, at: now))
        }
        #expect(
            pauses == [1, 2, 3, 5, 9, 17, 33, 65, 129, 257, 301].map { .seconds($0) })
    }

    @Test func `equal keyrings end the wait, and so does a rotation of our own`() {
        var keyrings = KeyringComparison(ownHash: 1, .lan)
        var note = KeyringNote()
        func differ() -> ClusterInstant? {
            keyrings.note(2, of: one, in: &note, mayCall: true, isJoining: false, at: start)
        }
        #expect(differ() == start + .seconds(1))
        _ = keyrings.note(1, of: one, in: &note, mayCall: true, isJoining: false, at: start)
        #expect(keyrings.takePending() == nil)
        #expect(differ() != nil)
        keyrings.setRotating(true)
        #expect(keyrings.takePending() == nil)
        #expect(differ() == nil)
        keyrings.setRotating(false)
        keyrings.change(to: 2)
        #expect(differ() == nil)
    }

    @Test func `a member that uses a retired key is called once in five seconds`() {
        var note = KeyringNote()
        #expect(note.admitsOutdatedContact(every: .seconds(5), at: start))
        note.noteOutdatedContact(at: start)
        #expect(!note.admitsOutdatedContact(every: .seconds(5), at: start + .milliseconds(4_999)))
        // A new keyset of ours does not end that pause.
        note.reset()
        #expect(!note.admitsOutdatedContact(every: .seconds(5), at: start + .milliseconds(4_999)))
        #expect(note.admitsOutdatedContact(every: .seconds(5), at: start + .seconds(5)))
    }
}
