import LibC
import Synchronization
import SystemPackage

/// Lines from a pipe, a file, or a terminal that cannot move its cursor.
///
/// A line is read when the one before has been answered, so that a script's lines are carried out
/// one after the other. A terminal gets a prompt each time. A pipe gets it once, on a separate line
/// after the greeting, as scripts have always seen it, and then only answers.
final class PlainConsole: Console {
    /// This much of a longer line is delivered. A session accepts less, so it reports the line.
    private static let longestLine = 1 << 20

    private let input: Int32
    private let output: Int32
    private let showsPrompt: Bool
    private let onEvent: @Sendable (ConsoleEvent) -> Void
    private let lines: Mutex<Lines>
    private let wake: WakePipe?
    private let writing = Mutex<Errno?>(nil)

    private struct Lines {
        /// Whether a line may be delivered.
        var isWanted = false
        /// The last prompt, shown again after Ctrl-C.
        var prompt = ""
        var isFirst = true
        var isClosed = false
        /// Whether the output has lost its reader.
        var isUnheard = false
    }

    init(
        input: Int32, output: Int32, showsPrompt: Bool,
        onEvent: @escaping @Sendable (ConsoleEvent) -> Void
    ) {
        self.input = input
        self.output = output
        self.showsPrompt = showsPrompt
        self.onEvent = onEvent
        lines = Mutex(Lines())
        wake = WakePipe()
        // Ctrl-C ends the process of a pipe like any other; at a prompt no key ends it.
        if showsPrompt { wake?.takeInterruptSignal() }
        ConsoleThread.start { [self] in self.readLines() }
    }

    deinit { wake?.close() }

    func prompt(_ text: String) {
        let isFirst = lines.withLock { lines in
            defer { lines.isFirst = false }
            return lines.isFirst
        }
        if showsPrompt { print(text) } else if isFirst { print(text + "\n") }
        lines.withLock { lines in
            lines.isWanted = true
            lines.prompt = text
        }
        wake?.send(.proceed)
    }

    func print(_ text: String) {
        let isUnheard = writing.withLock { failure in
            let error = Descriptor.writeAll(Array(text.utf8), to: output)
            failure = failure ?? error
            return error != nil
        }
        guard isUnheard else { return }
        let isNews = lines.withLock { lines in
            defer { lines.isUnheard = true }
            return !lines.isUnheard
        }
        // The other end of a pipe has gone, or the disk is full. That ends a running program, even
        // one that prints in a loop, and then this process.
        guard isNews else { return }
        onEvent(.interrupt)
        onEvent(.endOfInput)
    }

    func close() {
        lines.withLock { $0.isClosed = true }
        wake?.releaseSignals()
        wake?.send(.close)
    }

    var outputFailure: Errno? {
        let failure = writing.withLock { $0 }
        return failure == .brokenPipe ? nil : failure
    }

    private func readLines() {
        var pending = PendingLines(longest: Self.longestLine)
        var isAtEnd = false
        while awaitWanted() {
            var line = pending.next(isAtEnd: isAtEnd)
            while line == nil, !isAtEnd {
                if awaitInput() == .interrupted {
                    pending.clear()
                    print("\n" + lines.withLock { $0.prompt })
                    continue
                }
                guard !isClosed else { return }
                if let bytes = Descriptor.readSome(input), !bytes.isEmpty {
                    pending.feed(bytes)
                } else {
                    isAtEnd = true
                }
                line = pending.next(isAtEnd: isAtEnd)
            }
            guard !isClosed else { return }
            guard let line else {
                onEvent(.endOfInput)
                return
            }
            lines.withLock { $0.isWanted = false }
            onEvent(.line(line))
        }
    }

    private var isClosed: Bool { lines.withLock { $0.isClosed } }

    /// The result of waiting for input.
    private enum Awaited {
        case input
        case interrupted
    }

    /// Waits until there is something to read, or the console is closed.
    private func awaitInput() -> Awaited {
        guard let wake else { return .input }
        while !isClosed {
            let ready = Descriptor.wait(for: [input, wake.readEnd], milliseconds: -1)
            if ready.contains(wake.readEnd), passOn(wake.receive()) { return .interrupted }
            if ready.contains(input) { return .input }
        }
        return .input
    }

    /// Waits until a line is wanted. Returns false if there will be none.
    private func awaitWanted() -> Bool {
        while !isClosed {
            if lines.withLock({ $0.isWanted }) { return true }
            guard let wake else { return false }
            _ = Descriptor.wait(for: [wake.readEnd], milliseconds: -1)
            passOn(wake.receive())
        }
        return false
    }

    /// Reports Ctrl-C. Returns true if it came.
    @discardableResult
    private func passOn(_ wakes: [WakePipe.Wake]) -> Bool {
        guard wakes.contains(.interrupt) else { return false }
        onEvent(.interrupt)
        return true
    }
}
