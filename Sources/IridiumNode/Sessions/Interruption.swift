import Synchronization

/// Ctrl-C as a value: any code raises it, the loop checks it between slices, and other code awaits
/// it.
package final class Interruption: Sendable {
    private struct State: Sendable {
        var isRaised = false
        var waiter: CheckedContinuation<ShellAnswerOrInterruption, Never>?
    }

    private let state = Mutex(State())

    package init() {}

    /// Ctrl-C was pressed. Wakes the waiting code; the next check will see it.
    package func raise() {
        let waiter = state.withLock { state in
            state.isRaised = true
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: .interrupted)
    }

    /// Forgets an interruption that came when there was nothing to interrupt.
    package func clear() { state.withLock { $0.isRaised = false } }

    /// Whether it was raised since the last check.
    package func take() -> Bool {
        state.withLock { state in
            defer { state.isRaised = false }
            return state.isRaised
        }
    }

    /// The first of two: the answer, or an interruption. The work goes on in either case.
    func race(
        _ work: @escaping @Sendable () async -> ShellAnswerOrInterruption
    ) async -> ShellAnswerOrInterruption {
        guard !take() else { return .interrupted }
        return await withCheckedContinuation { continuation in
            state.withLock { $0.waiter = continuation }
            Task {
                let answer = await work()
                let waiter = self.state.withLock { state in
                    defer { state.waiter = nil }
                    return state.waiter
                }
                waiter?.resume(returning: answer)
            }
        }
    }
}
