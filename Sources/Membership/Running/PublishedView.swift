import Synchronization

/// What other threads see of the members: an immutable list that the loop replaces when something
/// has changed. Reading it is one lock of a few nanoseconds and never waits for the loop.
final class PublishedView: Sendable {
    private let state: Mutex<State>

    private struct State {
        var members: [Member] = []
        var local: Member
    }

    init(local: Member) { state = Mutex(State(local: local)) }

    /// Sorted by name, then by id.
    var members: [Member] { state.withLock { $0.members } }
    var local: Member { state.withLock { $0.local } }

    func publish(_ members: [Member]) {
        let local = members.first(where: \.isSelf)
        let old = state.withLock { state in
            let old = state.members
            state.members = members
            if let local { state.local = local }
            return old
        }
        // Freed here, not under the lock: it may be the last reference to thousands of members.
        _ = consume old
    }
}
