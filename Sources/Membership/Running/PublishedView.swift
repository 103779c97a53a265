internal import MembershipCore
import Synchronization

/// What other threads see of the members: an immutable list that the loop replaces when something
/// has changed. Replacing it costs the loop one lock of a few nanoseconds.
///
/// The flat array that users see is made by the first reader after a change and kept for the others.
final class PublishedView: Sendable {
    private let state: Mutex<State>

    private struct State {
        var list = MemberList()
        /// `list` as an array; nil until a reader asks.
        var flat: [Member]?
        var generation: UInt64 = 0
        var local: Member
    }

    init(local: Member) { state = Mutex(State(local: local)) }

    /// Sorted by name, then by id.
    var members: [Member] {
        let (list, generation): (MemberList, UInt64)
        switch state.withLock({ state in
            state.flat.map { Found.flat($0) } ?? .list(state.list, state.generation)
        }) {
        case .flat(let members): return members
        case .list(let found, let number): (list, generation) = (found, number)
        }
        let members = list.members(at: .now())
        state.withLock { state in
            if state.generation == generation { state.flat = members }
        }
        return members
    }

    var list: MemberList { state.withLock { $0.list } }
    var local: Member { state.withLock { $0.local } }

    private enum Found {
        case flat([Member])
        case list(MemberList, UInt64)
    }

    /// - Parameter local: this node, if it has changed.
    func publish(_ list: MemberList, local: Member?) {
        let old = state.withLock { state in
            defer {
                state.list = list
                state.flat = nil
                state.generation &+= 1
                if let local { state.local = local }
            }
            return (state.list, state.flat)
        }
        // Freed here, not under the lock: it may be the last reference to thousands of members.
        withExtendedLifetime(old) {}
    }
}
