import LibC
import Synchronization

/// Raw mode, in which the terminal hands over every key and echoes nothing, and the way back.
///
/// A program that leaves a terminal raw leaves its user with a dead prompt. So the usual modes are
/// restored by `leave`, at `exit`, and by a handler for the signals that end a process at once.
/// Memory that a signal handler uses is allocated once and never freed.
enum TerminalModes {
    /// The modes to go back to, and the terminal they belong to.
    private struct Saved {
        var descriptor: Int32
        var usual: termios
    }

    nonisolated(unsafe) private static let saved = UnsafeMutablePointer<Saved>.allocate(capacity: 1)
    private static let isRaw = Atomic<Bool>(false)
    private static let isWholeScreen = Atomic<Bool>(false)
    private static let isPrepared = Atomic<Bool>(false)

    /// Signals that ask a process to end. If they are handled already, that handler closes the
    /// console.
    private static let requests: [Int32] = [
        SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM, SIGXCPU,
    ]
    /// Signals of a crash. Handlers that exist already (the runtime prints the place of the crash)
    /// run after ours.
    private static let crashes: [Int32] = [SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE]

    /// Enters raw mode. Returns false if `descriptor` is not a terminal.
    ///
    /// - Parameter screen: also takes the whole window, and gives back what was on it.
    static func enter(_ descriptor: Int32, wholeScreen screen: Bool = false) -> Bool {
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
        isWholeScreen.store(screen, ordering: .releasing)
        isRaw.store(true, ordering: .releasing)
        write(screen ? screenOn : pasteOn, to: descriptor)
        return true
    }

    /// Restores the usual modes. Safe to call at any time, also from a signal handler.
    static func leave() {
        guard isRaw.exchange(false, ordering: .acquiringAndReleasing) else { return }
        let isWhole = isWholeScreen.load(ordering: .acquiring)
        write(isWhole ? screenOff : pasteOff, to: saved.pointee.descriptor)
        tcsetattr(saved.pointee.descriptor, TCSADRAIN, &saved.pointee.usual)
    }

    /// Columns of the window; 80 if it does not say.
    static func columns(_ descriptor: Int32) -> Int {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    /// Rows of the window; 24 if it does not say.
    static func rows(_ descriptor: Int32) -> Int {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0 else { return 24 }
        return Int(size.ws_row)
    }

    private static func prepareOnce() {
        guard !isPrepared.exchange(true, ordering: .acquiringAndReleasing) else { return }
        // Evaluated now, so that no handler is the first to use them.
        for text in [pasteOn, pasteOff, screenOn, screenOff] { _ = text.utf8CodeUnitCount }
        atexit { TerminalModes.leave() }
        for signal in requests + crashes {
            SignalHandler.installBefore(signal, evenIfHandled: crashes.contains(signal)) { number in
                TerminalModes.leave()
                SignalHandler.handOn(number)
            }
        }
    }

    /// Bracketed paste: pasted text is marked as such.
    private static let pasteOn: StaticString = "\u{1B}[?2004h"
    private static let pasteOff: StaticString = "\u{1B}[?2004l"
    /// The alternate screen without a cursor.
    private static let screenOn: StaticString = "\u{1B}[?1049h\u{1B}[?25l"
    private static let screenOff: StaticString = "\u{1B}[?25h\u{1B}[?1049l"

    private static func write(_ text: StaticString, to descriptor: Int32) {
        _ = LibC.write(descriptor, text.utf8Start, text.utf8CodeUnitCount)
    }
}
