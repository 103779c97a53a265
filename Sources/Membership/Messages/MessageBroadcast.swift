import Synchronization

/// The queues behind `Cluster.messages`: one writer, and readers with a bounded queue each.
///
/// The writer never waits. Messages that do not fit into the queue of a reader are counted, and the
/// reader learns the number where they are missing.
final class MessageBroadcast: Sendable {
    private let state = Mutex(State())

    private struct State {
        var subscriptions: [ObjectIdentifier: Unowned] = [:]
        var isFinished = false
    }

    /// The writer does not keep readers alive: dropping the iterator ends the subscription.
    private struct Unowned: Sendable {
        weak var subscription: MessageSubscription?
    }

    /// The outcome for one message.
    struct Delivery: Equatable {
        /// Queues that it fitted into, and queues that were full.
        var taken = 0
        var lost = 0
        /// Whether any reader reads messages of its type.
        var hasReader: Bool { taken + lost > 0 }
    }

    func subscribe(type: UInt16?, capacity: Int) -> MessageSubscription {
        let subscription = MessageSubscription(type: type, capacity: capacity, broadcast: self)
        let isFinished = state.withLock { state in
            if !state.isFinished {
                state.subscriptions[ObjectIdentifier(subscription)] = Unowned(
                    subscription: subscription)
            }
            return state.isFinished
        }
        if isFinished { subscription.finish() }
        return subscription
    }

    func publish(_ message: Message) -> Delivery {
        let readers = state.withLock { state in
            state.subscriptions.isEmpty
                ? [] : state.subscriptions.values.compactMap(\.subscription)
        }
        var delivery = Delivery()
        for reader in readers where reader.reads(message.type) {
            if reader.append(message) { delivery.taken += 1 } else { delivery.lost += 1 }
        }
        return delivery
    }

    /// Ends all readers once they have read their queues.
    func finish() {
        let readers = state.withLock { state in
            state.isFinished = true
            defer { state.subscriptions = [:] }
            return state.subscriptions.values.compactMap(\.subscription)
        }
        for reader in readers { reader.finish() }
    }

    fileprivate func remove(_ identifier: ObjectIdentifier) {
        state.withLock { _ = $0.subscriptions.removeValue(forKey: identifier) }
    }
}

/// One reader's end of a `MessageBroadcast`.
final class MessageSubscription: Sendable {
    typealias Element = ClusterMessages.Element

    private let type: UInt16?
    private let capacity: Int
    private let broadcast: MessageBroadcast
    private let state = Mutex(State())

    private struct State {
        var queue = ReadQueue<Element>()
        /// Number of messages lost since the last queued one.
        var lost = 0
        var isFinished = false
        /// The reader, if it waits. A second concurrent reader of one iterator ends.
        var waiting: CheckedContinuation<Element?, Never>?

        mutating func take() -> Element? {
            if let element = queue.take() { return element }
            guard lost > 0 else { return nil }
            defer { lost = 0 }
            return .lost(lost)
        }
    }

    fileprivate init(type: UInt16?, capacity: Int, broadcast: MessageBroadcast) {
        precondition(capacity > 0, "the capacity of a queue of messages is \(capacity)")
        self.type = type
        self.capacity = capacity
        self.broadcast = broadcast
    }

    deinit { broadcast.remove(ObjectIdentifier(self)) }

    fileprivate func reads(_ type: UInt16) -> Bool { self.type ?? type == type }

    /// Returns false if the queue is full: the message is lost for this reader.
    fileprivate func append(_ message: Message) -> Bool {
        let (isTaken, wake) = state.withLock {
            state -> (Bool, (CheckedContinuation<Element?, Never>, Element)?) in
            guard !state.isFinished else { return (true, nil) }
            guard state.queue.count < capacity else {
                state.lost += 1
                return (false, nil)
            }
            if state.lost > 0 {
                state.queue.append(.lost(state.lost))
                state.lost = 0
            }
            state.queue.append(.message(message))
            guard let waiting = state.waiting, let element = state.take() else {
                return (true, nil)
            }
            state.waiting = nil
            return (true, (waiting, element))
        }
        if let (waiting, element) = wake { waiting.resume(returning: element) }
        return isTaken
    }

    fileprivate func finish() {
        let waiting = state.withLock { state in
            state.isFinished = true
            return state.waiting.take()
        }
        waiting?.resume(returning: nil)
    }

    func next(isolation actor: isolated (any Actor)? = #isolation) async -> Element? {
        await withTaskCancellationHandler {
            await withShutdownHandler(isolation: actor) {
                await withCheckedContinuation(isolation: actor) { wait($0) }
            } ended: {
                self.finish()
            }
        } onCancel: {
            finish()
        }
    }

    private func wait(_ continuation: CheckedContinuation<Element?, Never>) {
        // .some(element): return it now, even if it is nil; .none: wait.
        let answer = state.withLock { state -> Element?? in
            if let element = state.take() { return .some(element) }
            if state.isFinished || state.waiting != nil { return .some(nil) }
            state.waiting = continuation
            return .none
        }
        if let answer { continuation.resume(returning: answer) }
    }
}
