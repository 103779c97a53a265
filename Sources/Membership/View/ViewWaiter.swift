import Synchronization

/// One call of `waitUntil`: it wakes when the view has changed, at its deadline, on cancellation,
/// and at the end of the cluster.
///
/// It holds no views, only the fact that there is a newer one: a slow caller skips the views in
/// between.
final class ViewWaiter: Sendable {
    enum Signal: Error, Equatable {
        case changed
        case timedOut
        case cancelled
        /// The cluster has stopped.
        case ended
    }

    private struct State {
        /// Not yet taken. A change never replaces an end.
        var pending: Signal?
        var continuation: CheckedContinuation<Signal, Never>?
    }

    /// Whether agreement matters too, and not only members.
    let isForAgreement: Bool
    private let state = Mutex(State())

    init(forAgreement: Bool = true) { isForAgreement = forAgreement }

    func send(_ signal: Signal) {
        let continuation = state.withLock { state in
            if let continuation = state.continuation {
                state.continuation = nil
                return Optional(continuation)
            }
            if state.pending == nil || state.pending == .changed { state.pending = signal }
            return nil
        }
        continuation?.resume(returning: signal)
    }

    /// The next signal. One task at a time.
    func next(isolation actor: isolated (any Actor)? = #isolation) async -> Signal {
        await withCheckedContinuation(isolation: actor) { continuation in
            let pending = state.withLock { state -> Signal? in
                if let pending = state.pending {
                    state.pending = nil
                    return pending
                }
                state.continuation = continuation
                return nil
            }
            if let pending { continuation.resume(returning: pending) }
        }
    }
}
