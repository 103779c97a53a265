import LibC

/// `sigaction`, with the differences between systems in one place.
enum SignalHandler {
    typealias Handler = @convention(c) (Int32) -> Void

    /// The handlers that were installed before `installBefore`, by signal. Made once, because
    /// handlers read it.
    nonisolated(unsafe) private static let earlier: UnsafeMutablePointer<sigaction> = {
        let actions = UnsafeMutablePointer<sigaction>.allocate(capacity: signals)
        actions.initialize(repeating: sigaction(), count: signals)
        return actions
    }()

    /// Signal numbers are below this.
    private static let signals = 65

    /// Installs a handler and replaces the existing one.
    static func install(_ signal: Int32, _ handler: @escaping Handler) {
        set(signal, handler, flags: Int32(SA_RESTART))
    }

    /// Installs a handler that runs before the existing one and ends with `handOn`.
    ///
    /// - Parameter evenIfHandled: false leaves a signal alone that is already handled or ignored.
    static func installBefore(_ signal: Int32, evenIfHandled: Bool, _ handler: @escaping Handler) {
        var current = sigaction()
        guard (0..<Int32(signals)).contains(signal), sigaction(signal, nil, &current) == 0,
            evenIfHandled || isDefault(current)
        else { return }
        earlier[Int(signal)] = current
        // On the signal stack, if there is one: a crash may be due to a full stack.
        set(signal, handler, flags: Int32(SA_RESTART) | Int32(SA_ONSTACK))
    }

    /// Called by a handler: restores the earlier handler and sends the signal once more. It arrives
    /// when the handler returns.
    static func handOn(_ signal: Int32) {
        sigaction(signal, &earlier[Int(signal)], nil)
        raise(signal)
    }

    /// Lets signals reach this thread. A thread starts with the blocked signals of its creator, and
    /// threads of a pool block all: a signal raised in one would wait for ever.
    static func unblock(_ signals: [Int32]) {
        var wanted = sigset_t()
        sigemptyset(&wanted)
        for signal in signals { sigaddset(&wanted, signal) }
        pthread_sigmask(SIG_UNBLOCK, &wanted, nil)
    }

    /// Restores the default action of a signal.
    static func reset(_ signal: Int32) {
        var action = sigaction()
        #if canImport(Darwin)
            action.__sigaction_u.__sa_handler = SIG_DFL
        #else
            action.__sigaction_handler.sa_handler = SIG_DFL
        #endif
        sigaction(signal, &action, nil)
    }

    private static func set(_ signal: Int32, _ handler: @escaping Handler, flags: Int32) {
        var action = sigaction()
        #if canImport(Darwin)
            action.__sigaction_u.__sa_handler = handler
        #else
            action.__sigaction_handler.sa_handler = handler
        #endif
        action.sa_flags = flags
        sigaction(signal, &action, nil)
    }

    /// Whether the process was started with the signal ignored.
    static func isIgnored(_ signal: Int32) -> Bool {
        var current = sigaction()
        return sigaction(signal, nil, &current) == 0 && number(of: current) == 1
    }

    /// Whether the signal is neither handled nor ignored.
    private static func isDefault(_ action: sigaction) -> Bool { number(of: action) == 0 }

    /// The handler as a number: SIG_DFL is 0, SIG_IGN is 1.
    private static func number(of action: sigaction) -> Int {
        #if canImport(Darwin)
            let handler = action.__sigaction_u.__sa_handler
        #else
            let handler = action.__sigaction_handler.sa_handler
        #endif
        return unsafeBitCast(handler, to: Int.self)
    }
}
