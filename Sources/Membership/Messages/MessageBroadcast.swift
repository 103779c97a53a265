import Synchronization

/// The queues behind `Cluster.messages`: one writer, and readers with a bounded queue each.
///
/// The writer never waits. Messages that do not fit into the queue of a reader are counted, and the
/// reader learns the number where they are missing.
package final class MessageBroadcast: Sendable {
    private let state = Mutex(State())

    package init() {}

    private struct State {
        var subscriptions: [ObjectIdentifier: Unowned] = [:]
        var isFinished = false
    }

    /// The writer does not keep readers alive: dropping the iterator ends the subscription.
    private struct Unowned: Sendable {
        weak var subscription: MessageSubscription?
    }

    /// The outcome for one message.
    package struct Delivery: Equatable {
        /// Queues that it fitted into, and queues that were full.
        package var taken = 0
        var lost = 0
        /// Whether any reader reads messages of its type.
        package var hasReader: Bool { taken + lost > 0 }
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

    package func publish(_ message: Message) -> Delivery {
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
    package func finish() {
        let readers = state.withLock { state in
            state.isFinished = true
            defer { state.subscriptions = [:] }
            return state.subscriptions.values.compactMap(\.subscription)
        }
        for reader in readers { reader.finish() }
    }

    /// Which readers have read everything and wait for more.
    package var pendingReads: [Bool] {
        state.withLock { $0.subscriptions.values.compactMap(\.subscription) }.map(\.isWaiting)
    }

    fileprivate func remove(_ identifier: ObjectIdentifier) {
        state.withLock { _ = $0.subscriptions.removeValue(forKey: identifier) }
    }
}

/// One reader's end of a `MessageBroadcast`.
final class MessageSubscription: Sendable {
    typealias Element = ClusterMessages.Element

    private let type: UInt16?
    private let broadcast: MessageBroadcast
    private let reader: WaitingReader<Queue>

    private struct Queue: ReaderQueue {
        let capacity: Int
        var elements = ReadQueue<Element>()
        /// Number of messages lost since the last queued one.
        var lost = 0

        mutating func take() -> Element? {
            if let element = elements.take() { return element }
            guard lost > 0 else { return nil }
            defer { lost = 0 }
            return .lost(lost)
        }

        /// Returns false if the queue is full.
        mutating func append(_ message: Message) -> Bool {
            guard elements.count < capacity else {
                lost += 1
                return false
            }
            if lost > 0 {
                elements.append(.lost(lost))
                lost = 0
            }
            elements.append(.message(message))
            return true
        }
    }

    fileprivate init(type: UInt16?, capacity: Int, broadcast: MessageBroadcast) {
        precondition(capacity > 0, "the capacity of a queue of messages is \(capacity)")
        self.type = type
        self.broadcast = broadcast
        reader = WaitingReader(Queue(capacity: capacity))
    }

    deinit { broadcast.remove(ObjectIdentifier(self)) }

    /// Whether its reader has handled everything and waits for more.
    fileprivate var isWaiting: Bool { reader.isWaiting }

    fileprivate func reads(_ type: UInt16) -> Bool { self.type ?? type == type }

    /// Returns false if the queue is full: the message is lost for this reader.
    fileprivate func append(_ message: Message) -> Bool {
        reader.change { $0.append(message) } ?? true
    }

    fileprivate func finish() { reader.finish() }

    func next(isolation actor: isolated (any Actor)? = #isolation) async -> Element? {
        await reader.next(isolation: actor)
    }
}
