import LibC
import Synchronization

/// Wakes the thread that waits for keys. Signal handlers and other threads write one byte to a
/// pipe.
struct WakePipe: Sendable {
    /// The meaning of a byte.
    enum Wake: UInt8 {
        case resized = 1
        case suspend = 2
        case resumed = 3
        case close = 4
        case interrupt = 5
        /// Another line is wanted.
        case proceed = 6
    }

    let readEnd: Int32
    let writeEnd: Int32

    /// The pipe that signal handlers write to; -1 while there is none.
    private static let signalled = Atomic<Int32>(-1)

    /// nil if no more files can be opened.
    init?() {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { return nil }
        readEnd = ends[0]
        writeEnd = ends[1]
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            // A full pipe must not block a handler: the reader is awake anyway.
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
    }

    func send(_ wake: Wake) {
        var byte = wake.rawValue
        _ = write(writeEnd, &byte, 1)
    }

    func receive() -> [Wake] {
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = read(readEnd, &bytes, bytes.count)
        return bytes.prefix(max(0, count)).compactMap(Wake.init)
    }

    /// Signals about windows and suspending.
    static var consoleSignals: [Int32] { [SIGWINCH, SIGCONT, SIGTSTP] }

    /// Routes the signals about windows and suspending through this pipe.
    func takeSignals() {
        Self.signalled.store(writeEnd, ordering: .releasing)
        SignalHandler.install(SIGWINCH) { _ in WakePipe.signal(.resized) }
        SignalHandler.install(SIGCONT) { _ in WakePipe.signal(.resumed) }
        takeSuspendSignal()
    }

    /// After a suspension the handler must be installed again.
    func takeSuspendSignal() {
        SignalHandler.install(SIGTSTP) { _ in WakePipe.signal(.suspend) }
    }

    /// Routes Ctrl-C through this pipe, for a terminal in its usual modes.
    func takeInterruptSignal() {
        Self.signalled.store(writeEnd, ordering: .releasing)
        SignalHandler.install(SIGINT) { _ in WakePipe.signal(.interrupt) }
    }

    /// Restores the default actions of the signals.
    func releaseSignals() {
        guard
            Self.signalled.compareExchange(
                expected: writeEnd, desired: -1, ordering: .acquiringAndReleasing
            ).exchanged
        else { return }
        for signal in Self.consoleSignals + [SIGINT] { SignalHandler.reset(signal) }
    }

    /// Closes both ends. No thread may send afterwards: the descriptor may then be another file's.
    func close() {
        releaseSignals()
        for end in [readEnd, writeEnd] { closeDescriptor(end) }
    }

    /// Called by signal handlers: nothing here allocates or locks, and errno is kept.
    private static func signal(_ wake: Wake) {
        let descriptor = signalled.load(ordering: .acquiring)
        guard descriptor >= 0 else { return }
        let kept = errno
        var byte = wake.rawValue
        _ = write(descriptor, &byte, 1)
        errno = kept
    }
}

/// `close`, by a name that a method called `close` does not hide.
private func closeDescriptor(_ descriptor: Int32) { _ = close(descriptor) }
