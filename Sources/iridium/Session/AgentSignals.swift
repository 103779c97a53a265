import IridiumNode
import IridiumShell
import LibC
import Synchronization

/// The signals of an agent, from the start of its process on.
///
/// A signal may come before the node is up, and also while no task runs, because all of them wait
/// for something that does not come. A process that is asked to end then does so without a goodbye,
/// after `patience`.
final class AgentSignals: Sendable {
    private struct State {
        var request: (@Sendable (Int32) -> Bool)?
        var goodbye: (@Sendable () async -> Void)?
        var isEndAsked = false
        var hasEndBegun = false
    }

    private static let patience = Duration.seconds(2)
    private let state = Mutex(State())

    /// Starts to wait for signals. `isEarly` says which of them ask for something that a node does
    /// once it is up; until then they have no effect.
    func watch(_ signals: [Int32], unless isEarly: @escaping @Sendable (Int32) -> Bool) {
        SignalWatch.start(signals) { [self] signal in
            state.withLock { $0.request }?(signal) ?? isEarly(signal)
        } _: { [self] count in
            guard count == 1 else { exit(ExitStatus.interrupted.rawValue) }
            end()
        }
    }

    /// From now on `request` answers whether a signal asks for something else than the end, which it
    /// then does, and `goodbye` ends the node. If that was asked for already, it runs now.
    func prepare(
        request: @escaping @Sendable (Int32) -> Bool,
        goodbye: @escaping @Sendable () async -> Void
    ) {
        let isEndAsked = state.withLock { state in
            (state.request, state.goodbye) = (request, goodbye)
            return state.isEndAsked
        }
        if isEndAsked { begin(goodbye) }
    }

    /// On the thread that waits for signals.
    private func end() {
        let goodbye = state.withLock { state in
            state.isEndAsked = true
            return state.goodbye
        }
        if let goodbye { begin(goodbye) }
        ConsoleThread.start { [self] in
            sleepBlocking(Self.patience)
            guard !state.withLock({ $0.hasEndBegun }) else { return }
            StandardError.write(
                "iridium: no answer to the signal; the node ends without a goodbye\n")
            exit(ExitStatus.interrupted.rawValue)
        }
    }

    private func begin(_ goodbye: @escaping @Sendable () async -> Void) {
        Task {
            state.withLock { $0.hasEndBegun = true }
            await goodbye()
        }
    }
}
