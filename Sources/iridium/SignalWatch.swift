import LibC

/// Signals that ask the process to end, handled by a thread that waits for them.
///
/// They are blocked in every thread (call `start` before there are others), so they never interrupt
/// any code: the thread handles one after the other, in ordinary calls.
enum SignalWatch {
    /// Calls `handler` with 1 for the first signal, 2 for the second, and so on. `isIgnored` is
    /// called for each signal when it arrives.
    static func start(
        _ signals: [Int32],
        ignoring isIgnored: @escaping @Sendable (Int32) -> Bool = { _ in false },
        _ handler: @escaping @Sendable (_ count: Int) -> Void
    ) {
        ConsoleThread.start {
            var set = Self.set(of: signals)
            var count = 0
            while true {
                var signal: Int32 = 0
                guard sigwait(&set, &signal) == 0, !isIgnored(signal) else { continue }
                count += 1
                handler(count)
            }
        }
    }

    /// Blocks the signals in this thread and in those that it starts.
    static func block(_ signals: [Int32]) {
        var set = Self.set(of: signals)
        pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    private static func set(of signals: [Int32]) -> sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in signals { sigaddset(&set, signal) }
        return set
    }

    /// SIGTERM, and SIGHUP unless the process was started to outlive its terminal, as by nohup.
    static var ending: [Int32] {
        [SIGTERM] + (SignalHandler.isIgnored(SIGHUP) ? [] : [hangup])
    }

    static var hangup: Int32 { SIGHUP }
    static var interrupt: Int32 { SIGINT }
}
