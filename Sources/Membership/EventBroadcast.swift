import Synchronization

/// One writer, many readers, no waiting: the queue behind `Cluster.events`.
///
/// Each reader has a separate bounded queue. The writer appends and continues. Events that do not
/// fit are counted, and the reader then gets one `lagged` with a fresh snapshot in place of
/// everything it missed. An idle cluster without readers pays one check per change.
package final class EventBroadcast: Sendable {
    /// The number of events by which one reader may be behind.
    let capacity: Int
    private let state: Mutex<State>

    private struct State {
        var subscriptions: [ObjectIdentifier: Unowned] = [:]
        /// nil until the cluster has started.
        var members: MemberList?
        var isFinished = false
    }

    /// The writer does not keep readers alive: dropping the iterator ends the subscription.
    private struct Unowned: Sendable {
        weak var subscription: EventSubscription?
    }

    /// - Parameter capacity: at least 1.
    package init(capacity: Int) {
        precondition(capacity > 0)
        self.capacity = capacity
        state = Mutex(State())
    }

    /// A new reader. Its first event is a snapshot: now, or when the cluster has started.
    func subscribe() -> EventSubscription {
        state.withLock { state in
            let subscription = EventSubscription(
                capacity: capacity, snapshot: state.members, broadcast: self)
            if state.isFinished {
                subscription.finish()
            } else {
                state.subscriptions[ObjectIdentifier(subscription)] = Unowned(
                    subscription: subscription)
            }
            return subscription
        }
    }

    /// Delivers the events of one burst, with the state after it. Costs nothing for each member.
    package func publish(_ events: [ClusterEvent], members: MemberList) {
        let (readers, isFirst) = state.withLock { state in
            defer { state.members = members }
            return (state.subscriptions.values.compactMap(\.subscription), state.members == nil)
        }
        // The snapshot includes what the events say about members.
        let events = isFirst ? events.filter { !$0.isAboutMember } : events
        for reader in readers { reader.append(events, members: members, isFirst: isFirst) }
    }

    /// Ends all readers once they have read their queues.
    package func finish() {
        let readers = state.withLock { state in
            state.isFinished = true
            defer { state.subscriptions = [:] }
            return state.subscriptions.values.compactMap(\.subscription)
        }
        for reader in readers { reader.finish() }
    }

    /// Number of readers that still read.
    var readerCount: Int { state.withLock { $0.subscriptions.count } }
    /// Which of them have read everything and wait for more.
    package var pendingReads: [Bool] {
        state.withLock { $0.subscriptions.values.compactMap(\.subscription) }.map(\.isWaiting)
    }

    fileprivate func remove(_ identifier: ObjectIdentifier) {
        state.withLock { _ = $0.subscriptions.removeValue(forKey: identifier) }
    }
}

/// One reader's end of an `EventBroadcast`.
final class EventSubscription: Sendable {
    private let broadcast: EventBroadcast
    private let reader: WaitingReader<Queue>

    private enum Entry {
        case event(ClusterEvent)
        case snapshot(MemberList)
        case lagged(dropped: Int, MemberList)

        /// The event for the reader. O(n) for a snapshot: on the reader's thread, under no lock.
        var event: ClusterEvent {
            switch self {
            case .event(let event): event
            case .snapshot(let list): .snapshot(list.members(at: .now()))
            case .lagged(let dropped, let list):
                .lagged(dropped: dropped, snapshot: list.members(at: .now()))
            }
        }
    }

    private struct Queue: ReaderQueue {
        let capacity: Int
        var entries: ReadQueue<Entry>
        var dropped = 0
        var latest: MemberList

        mutating func take() -> Entry? {
            if let entry = entries.take() { return entry }
            guard dropped > 0 else { return nil }
            defer { dropped = 0 }
            return .lagged(dropped: dropped, latest)
        }

        mutating func append(_ events: [ClusterEvent], members: MemberList, isFirst: Bool) {
            if isFirst { entries.append(.snapshot(members)) }
            for event in events {
                // Once an event is lost, all later ones are lost too until the reader has seen the
                // snapshot: events must not appear before the state that they build on.
                if dropped == 0, entries.count < capacity {
                    entries.append(.event(event))
                } else {
                    dropped += 1
                }
            }
            latest = members
        }
    }

    fileprivate init(capacity: Int, snapshot: MemberList?, broadcast: EventBroadcast) {
        self.broadcast = broadcast
        reader = WaitingReader(
            Queue(
                capacity: capacity, entries: ReadQueue(snapshot.map { [.snapshot($0)] } ?? []),
                latest: snapshot ?? MemberList()))
    }

    /// Whether its reader has handled everything and waits for more.
    fileprivate var isWaiting: Bool { reader.isWaiting }

    /// Entries in memory, read ones too.
    var heldEntries: Int { reader.look { $0.entries.heldSlots } }

    deinit { broadcast.remove(ObjectIdentifier(self)) }

    fileprivate func append(_ events: [ClusterEvent], members: MemberList, isFirst: Bool) {
        _ = reader.change { $0.append(events, members: members, isFirst: isFirst) }
    }

    fileprivate func finish() { reader.finish() }

    func next(isolation actor: isolated (any Actor)? = #isolation) async -> ClusterEvent? {
        await reader.next(isolation: actor)?.event
    }
}

extension ClusterEvent {
    /// Whether the member list contains the same information.
    fileprivate var isAboutMember: Bool {
        switch self {
        case .joined, .suspected, .recovered, .failed, .left, .restarted, .updated, .removed: true
        case .snapshot, .message, .notice, .lagged: false
        }
    }
}
