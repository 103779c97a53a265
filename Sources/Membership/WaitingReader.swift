import Synchronization

/// The queue of one reader: what it has yet to read, in the order in which it reads it.
protocol ReaderQueue: Sendable {
    associatedtype Element: Sendable
    /// The next element; nil if there is nothing to read.
    mutating func take() -> Element?
}

/// A queue and the one task that reads it. Writers change the queue and continue; the reader waits while
/// there is nothing to read.
///
/// The reading ends when the queue is finished and empty, when the task of the reader is cancelled, and
/// when the service that the reader belongs to shuts down. A second task that reads at the same time
/// gets the end at once.
final class WaitingReader<Queue: ReaderQueue>: Sendable {
    private let state: Mutex<State>

    private struct State {
        var queue: Queue
        var isFinished = false
        /// The reader, if it waits.
        var waiting: CheckedContinuation<Queue.Element?, Never>?
    }

    init(_ queue: Queue) { state = Mutex(State(queue: queue)) }

    /// Changes the queue, and wakes the reader if it then has something to read. Returns nil, without a
    /// change, once the queue is finished.
    func change<Result: Sendable>(_ body: (inout Queue) -> Result) -> Result? {
        let (result, wake) = state.withLock {
            state -> (Result?, (CheckedContinuation<Queue.Element?, Never>, Queue.Element)?) in
            guard !state.isFinished else { return (nil, nil) }
            let result = body(&state.queue)
            guard let waiting = state.waiting, let element = state.queue.take() else {
                return (result, nil)
            }
            state.waiting = nil
            return (result, (waiting, element))
        }
        if let (waiting, element) = wake { waiting.resume(returning: element) }
        return result
    }

    /// Looks at the queue, finished or not.
    func look<Result: Sendable>(_ body: (borrowing Queue) -> Result) -> Result {
        state.withLock { body($0.queue) }
    }

    /// Whether the reader has come back for more, and there is no more.
    var isWaiting: Bool { state.withLock { $0.waiting != nil } }

    /// No more is added. The reader still gets the elements in the queue.
    func finish() {
        let waiting = state.withLock { state in
            state.isFinished = true
            return state.waiting.take()
        }
        waiting?.resume(returning: nil)
    }

    /// The next element; nil at the end.
    func next(isolation actor: isolated (any Actor)? = #isolation) async -> Queue.Element? {
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

    private func wait(_ continuation: CheckedContinuation<Queue.Element?, Never>) {
        // .some(element): return it now, even if it is nil; .none: wait.
        let answer = state.withLock { state -> Queue.Element?? in
            if let element = state.queue.take() { return .some(element) }
            if state.isFinished || state.waiting != nil { return .some(nil) }
            state.waiting = continuation
            return .none
        }
        if let answer { continuation.resume(returning: answer) }
    }
}
