import Synchronization

/// One writer, many readers, no waiting: the queue behind `Cluster.events`.
///
/// Each reader has a bounded queue of its own. The writer appends and goes on; what does not fit is
/// counted, and the reader then gets one `lagged` with a fresh snapshot instead of everything it
/// missed. An idle cluster without readers pays one check per change.
final class EventBroadcast: Sendable {
    /// Events that one reader may be behind.
    let capacity: Int
    private let state: Mutex<State>

    private struct State {
        var subscriptions: [ObjectIdentifier: Unowned] = [:]
        var members: [Member] = []
        var isFinished = false
    }

    /// Readers are not kept alive by the writer: dropping the iterator ends the subscription.
    private struct Unowned: Sendable {
        weak var subscription: EventSubscription?
    }

    init(capacity: Int) {
        self.capacity = max(1, capacity)
        state = Mutex(State())
    }

    /// A new reader, whose first event is where things stand now.
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

    /// Delivers what happened in one burst, and where things stand after it.
    func publish(_ events: [ClusterEvent], members: [Member]) {
        let readers = state.withLock { state in
            state.members = members
            return state.subscriptions.values.compactMap(\.subscription)
        }
        for reader in readers { reader.append(events, members: members) }
    }

    /// Ends all readers once they have read what is queued.
    func finish() {
        let readers = state.withLock { state in
            state.isFinished = true
            defer { state.subscriptions = [:] }
            return state.subscriptions.values.compactMap(\.subscription)
        }
        for reader in readers { reader.finish() }
    }

    /// Readers that still read.
    var readerCount: Int { state.withLock { $0.subscriptions.count } }

    fileprivate func remove(_ identifier: ObjectIdentifier) {
        state.withLock { _ = $0.subscriptions.removeValue(forKey: identifier) }
    }
}

/// One reader's end of an `EventBroadcast`.
final class EventSubscription: Sendable {
    private let capacity: Int
    private let broadcast: EventBroadcast
    private let state: Mutex<State>

    private struct State {
        var queue: [ClusterEvent] = []
        var head = 0
        var dropped = 0
        var latest: [Member]
        var isFinished = false
        /// The reader, if it is waiting. A second concurrent reader of one iterator is ended.
        var waiting: CheckedContinuation<ClusterEvent?, Never>?

        mutating func take() -> ClusterEvent? {
            if head < queue.count {
                let event = queue[head]
                head += 1
                if head == queue.count {
                    queue.removeAll(keepingCapacity: true)
                    head = 0
                }
                return event
            }
            guard dropped > 0 else { return nil }
            defer { dropped = 0 }
            return .lagged(dropped: dropped, snapshot: latest)
        }
    }

    fileprivate init(capacity: Int, snapshot: [Member], broadcast: EventBroadcast) {
        self.capacity = capacity
        self.broadcast = broadcast
        state = Mutex(State(queue: [.snapshot(snapshot)], latest: snapshot))
    }

    deinit { broadcast.remove(ObjectIdentifier(self)) }

    fileprivate func append(_ events: [ClusterEvent], members: [Member]) {
        let wake = state.withLock {
            state -> (CheckedContinuation<ClusterEvent?, Never>, ClusterEvent)? in
            guard !state.isFinished else { return nil }
            for event in events {
                // Once something is lost, all that follows is lost too until the reader has seen
                // the snapshot: events must not appear before the state they build on.
                if state.dropped == 0, state.queue.count - state.head < capacity {
                    state.queue.append(event)
                } else {
                    state.dropped += 1
                }
            }
            state.latest = members
            guard let waiting = state.waiting, let event = state.take() else { return nil }
            state.waiting = nil
            return (waiting, event)
        }
        if let (waiting, event) = wake { waiting.resume(returning: event) }
    }

    fileprivate func finish() {
        let waiting = state.withLock { state in
            state.isFinished = true
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.resume(returning: nil)
    }

    func next(isolation actor: isolated (any Actor)? = #isolation) async -> ClusterEvent? {
        await withTaskCancellationHandler {
            await withCheckedContinuation(isolation: actor) { continuation in
                wait(continuation)
            }
        } onCancel: {
            finish()
        }
    }

    private func wait(_ continuation: CheckedContinuation<ClusterEvent?, Never>) {
        // .some(event): answer now, nil or not; .none: wait.
        let answer = state.withLock { state -> ClusterEvent?? in
            if let event = state.take() { return .some(event) }
            if state.isFinished || state.waiting != nil { return .some(nil) }
            state.waiting = continuation
            return .none
        }
        if let answer { continuation.resume(returning: answer) }
    }
}
