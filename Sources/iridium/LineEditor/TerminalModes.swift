import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Raw mode: the terminal hands over every key and echoes nothing. And the way back.
///
/// Whoever leaves a terminal raw leaves its user with a dead prompt; so the way back is taken by
/// `leave`, at `exit`, and by a handler for the signals that end a process at once. What a signal
/// handler touches is allocated once and never freed.
enum TerminalModes {
    /// The modes to go back to, and the terminal they belong to.
    private struct Saved {
        var descriptor: Int32
        var usual: termios
    }

    nonisolated(unsafe) private static let saved = UnsafeMutablePointer<Saved>.allocate(capacity: 1)
    private static let isRaw = Atomic<Bool>(false)
    private static let isPrepared = Atomic<Bool>(false)

    /// Signals that end a process. Where something else handles them already, it stays so.
    private static let fatal: [Int32] = [
        SIGHUP, SIGQUIT, SIGTERM, SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE,
    ]

    /// Enters raw mode. False where `descriptor` is no terminal.
    static func enter(_ descriptor: Int32) -> Bool {
        guard !isRaw.load(ordering: .acquiring) else { return true }
        var usual = termios()
        guard tcgetattr(descriptor, &usual) == 0 else { return false }
        saved.initialize(to: Saved(descriptor: descriptor, usual: usual))
        prepareOnce()
        var raw = usual
        raw.c_iflag &= ~tcflag_t(BRKINT | ICRNL | INPCK | ISTRIP | IXON)
        raw.c_lflag &= ~tcflag_t(ECHO | ICANON | IEXTEN | ISIG)
        // Output is translated as usual: a line feed starts a new line at its left end.
        withUnsafeMutableBytes(of: &raw.c_cc) { bytes in
            bytes[Int(VMIN)] = 1
            bytes[Int(VTIME)] = 0
        }
        guard tcsetattr(descriptor, TCSADRAIN, &raw) == 0 else { return false }
        isRaw.store(true, ordering: .releasing)
        write(pasteOn, to: descriptor)
        return true
    }

    /// Goes back to the usual modes. Safe to call at any time, also from a signal handler.
    static func leave() {
        guard isRaw.exchange(false, ordering: .acquiringAndReleasing) else { return }
        write(pasteOff, to: saved.pointee.descriptor)
        tcsetattr(saved.pointee.descriptor, TCSADRAIN, &saved.pointee.usual)
    }

    /// Columns of the window; 80 where it does not say.
    static func columns(_ descriptor: Int32) -> Int {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    private static func prepareOnce() {
        guard !isPrepared.exchange(true, ordering: .acquiringAndReleasing) else { return }
        // Made now, so that no handler is the first to ask for them.
        _ = (pasteOn.utf8CodeUnitCount, pasteOff.utf8CodeUnitCount)
        atexit { TerminalModes.leave() }
        for signal in fatal {
            var current = sigaction()
            guard sigaction(signal, nil, &current) == 0, SignalHandler.isDefault(current) else {
                continue
            }
            // One shot: the handler restores the terminal, then the signal does what it does.
            SignalHandler.install(signal, isOnce: true) { number in
                TerminalModes.leave()
                raise(number)
            }
        }
    }

    /// Bracketed paste: pasted text is marked as such.
    private static let pasteOn: StaticString = "\u{1B}[?2004h"
    private static let pasteOff: StaticString = "\u{1B}[?2004l"

    private static func write(_ text: StaticString, to descriptor: Int32) {
        #if canImport(Glibc)
            _ = Glibc.write(descriptor, text.utf8Start, text.utf8CodeUnitCount)
        #elseif canImport(Musl)
            _ = Musl.write(descriptor, text.utf8Start, text.utf8CodeUnitCount)
        #else
            _ = Darwin.write(descriptor, text.utf8Start, text.utf8CodeUnitCount)
        #endif
    }
}

/// `sigaction` with the differences between systems in one place.
enum SignalHandler {
    /// Installs a handler. `isOnce`: the second signal does what it would do without it.
    static func install(
        _ signal: Int32, isOnce: Bool = false, _ handler: @escaping @convention(c) (Int32) -> Void
    ) {
        var action = sigaction()
        #if canImport(Darwin)
            action.__sigaction_u.__sa_handler = handler
        #else
            action.__sigaction_handler.sa_handler = handler
        #endif
        action.sa_flags = Int32(SA_RESTART) | (isOnce ? Int32(bitPattern: UInt32(SA_RESETHAND)) : 0)
        sigaction(signal, &action, nil)
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

    /// Whether nobody handles or ignores the signal.
    static func isDefault(_ action: sigaction) -> Bool {
        #if canImport(Darwin)
            let handler = action.__sigaction_u.__sa_handler
        #else
            let handler = action.__sigaction_handler.sa_handler
        #endif
        // SIG_DFL is a null pointer: nil as an optional function.
        return unsafeBitCast(handler, to: Int.self) == 0
    }
}
