internal import MembershipCore
import Synchronization

/// The members for other threads: an immutable list that the loop replaces after a change.
/// Replacing it costs the loop one lock of a few nanoseconds.
///
/// The first reader after a change makes the flat array for users, and it is kept for the others.
package final class PublishedView: Sendable {
    private let state: Mutex<State>

    private struct State {
        var list = MemberList()
        /// `list` as an array; nil until a reader asks.
        var flat: [Member]?
        var generation: UInt64 = 0
        var agreement = ReadAgreement()
        var local: Member
        var hasEnded = false
        var waiters: [ObjectIdentifier: ViewWaiter] = [:]
    }

    package init(local: Member) { state = Mutex(State(local: local)) }

    package var view: ClusterView {
        let (members, agreement) = current
        return ClusterView(
            members: members, agreeing: agreement.agreeing, heardFrom: agreement.heardFrom)
    }

    /// Sorted by name, then by id.
    package var members: [Member] { current.members }
    var list: MemberList { state.withLock { $0.list } }
    package var local: Member { state.withLock { $0.local } }

    private var current: (members: [Member], agreement: ReadAgreement) {
        let (flat, list, generation, agreement) = state.withLock {
            ($0.flat, $0.list, $0.generation, $0.agreement)
        }
        if let flat { return (flat, agreement) }
        let members = list.members(at: .now())
        state.withLock { state in
            if state.generation == generation { state.flat = members }
        }
        return (members, agreement)
    }

    /// - Parameter local: this node, if it has changed.
    package func publish(_ list: MemberList, local: Member?, _ agreement: ReadAgreement) {
        let (old, waiters) = state.withLock { state in
            let old = (state.list, state.flat)
            state.list = list
            state.flat = nil
            state.generation &+= 1
            state.agreement = agreement
            if let local { state.local = local }
            return (old, Array(state.waiters.values))
        }
        // Freed here, not under the lock: it may be the last reference to thousands of members.
        withExtendedLifetime(old) {}
        for waiter in waiters { waiter.send(.changed) }
    }

    /// The members did not change, but the number that agree did.
    func publish(_ agreement: ReadAgreement) {
        let waiters = state.withLock { state in
            state.agreement = agreement
            return state.waiters.values.filter(\.isForAgreement)
        }
        for waiter in waiters { waiter.send(.changed) }
    }

    /// There will be no other view.
    package func end() {
        let waiters = state.withLock { state in
            state.hasEnded = true
            return Array(state.waiters.values)
        }
        for waiter in waiters { waiter.send(.ended) }
    }

    // MARK: Waiting

    /// Its first signal comes with the next view.
    func addWaiter(forAgreement: Bool) -> ViewWaiter {
        let waiter = ViewWaiter(forAgreement: forAgreement)
        let hasEnded = state.withLock { state in
            state.waiters[ObjectIdentifier(waiter)] = waiter
            return state.hasEnded
        }
        if hasEnded { waiter.send(.ended) }
        return waiter
    }

    func remove(_ waiter: ViewWaiter) {
        state.withLock { _ = $0.waiters.removeValue(forKey: ObjectIdentifier(waiter)) }
    }

    /// Whether a call of `waitUntil` has not returned.
    var isAwaited: Bool { state.withLock { $0.waiters.values.contains(where: \.isForAgreement) } }
}
