import LibC

/// `sigaction`, with the differences between systems in one place.
enum SignalHandler {
    typealias Handler = @convention(c) (Int32) -> Void

    /// What was there before `installBefore`, by signal. Made once: handlers read it.
    nonisolated(unsafe) private static let earlier: UnsafeMutablePointer<sigaction> = {
        let actions = UnsafeMutablePointer<sigaction>.allocate(capacity: signals)
        actions.initialize(repeating: sigaction(), count: signals)
        return actions
    }()

    /// Signal numbers are below this.
    private static let signals = 65

    /// Installs a handler in place of what is there.
    static func install(_ signal: Int32, _ handler: @escaping Handler) {
        set(signal, handler, flags: Int32(SA_RESTART))
    }

    /// Installs a handler that runs before what is there: it ends with `handOn`.
    ///
    /// - Parameter evenIfHandled: false leaves a signal alone that something handles or ignores.
    static func installBefore(_ signal: Int32, evenIfHandled: Bool, _ handler: @escaping Handler) {
        var current = sigaction()
        guard (0..<Int32(signals)).contains(signal), sigaction(signal, nil, &current) == 0,
            evenIfHandled || isDefault(current)
        else { return }
        earlier[Int(signal)] = current
        // On the stack for signals, where there is one: a crash may be that of a full stack.
        set(signal, handler, flags: Int32(SA_RESTART) | Int32(SA_ONSTACK))
    }

    /// From a handler: puts back what was there and sends the signal once more. It arrives when the
    /// handler returns.
    static func handOn(_ signal: Int32) {
        sigaction(signal, &earlier[Int(signal)], nil)
        raise(signal)
    }

    /// Lets signals reach this thread. One begins with those blocked that were so in the thread that
    /// made it, and threads of a pool block all: what is raised there would wait for ever.
    static func unblock(_ signals: [Int32]) {
        var wanted = sigset_t()
        sigemptyset(&wanted)
        for signal in signals { sigaddset(&wanted, signal) }
        pthread_sigmask(SIG_UNBLOCK, &wanted, nil)
    }

    /// Lets a signal do what it does without a handler.
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

    /// Whether nobody handles or ignores the signal.
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
