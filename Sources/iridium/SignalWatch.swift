import LibC

/// Signals that ask the process to end, handled by a thread that waits for them.
///
/// They are blocked in every thread (call `start` before there are others), so they never interrupt
/// any code: the thread handles one after the other, in ordinary calls.
enum SignalWatch {
    /// Signals that come closer together count as one: a terminal, a shell or `timeout` may send the
    /// same request to a process and then to its group.
    private static let sameRequest = Duration.milliseconds(500)

    /// Calls `handler` with 1 for the first signal, 2 for the second, and so on. `isRequest` is called for
    /// each signal when it arrives: true if it asked for something else than an end, which is done.
    static func start(
        _ signals: [Int32],
        unless isRequest: @escaping @Sendable (Int32) -> Bool = { _ in false },
        _ handler: @escaping @Sendable (_ count: Int) -> Void
    ) {
        ConsoleThread.start {
            var set = Self.set(of: signals)
            var count = 0
            var counted: ContinuousClock.Instant?
            while true {
                var signal: Int32 = 0
                guard sigwait(&set, &signal) == 0, !isRequest(signal) else { continue }
                let now = ContinuousClock.now
                if let counted, now - counted < sameRequest { continue }
                counted = now
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

    /// SIGTERM, and all others whose usual effect is a silent end, unless the process was started to ignore
    /// them, as by nohup. Not among them: SIGQUIT, which asks for an end at once, and signals of faults.
    static var ending: [Int32] {
        #if os(Linux)
            // The limit of processor time, and the power supply: what stops a container may send that.
            let others = [hangup, question, SIGUSR2, SIGALRM, SIGXCPU, SIGPWR]
        #else
            let others = [hangup, question, SIGUSR2, SIGALRM, SIGXCPU]
        #endif
        return [SIGTERM] + others.filter { !SignalHandler.isIgnored($0) }
    }

    /// An agent answers it with a line; for others it is an end.
    static var question: Int32 { SIGUSR1 }
    static var hangup: Int32 { SIGHUP }
    static var interrupt: Int32 { SIGINT }
}
