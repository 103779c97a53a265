import IridiumShell
import LibC
import Synchronization
import SystemPackage

/// The line editor on a terminal.
///
/// One thread reads keys while the console is open. If a line is wanted, keys go to the editor;
/// during other work they wait, except Ctrl-C. A thread that prints takes the lock, removes the row
/// with the prompt, prints, and draws the row again below.
final class TerminalConsole: Console {
    /// Bytes that follow within this time tell an escape sequence from Escape by itself.
    private static let escapeMilliseconds: Int32 = 50
    /// Number of keys kept while no line is wanted.
    private static let mostWaitingKeys = 65_536

    private let input: Int32
    private let output: Int32
    private let historyFile: HistoryFile?
    private let memberNames: @Sendable () -> [String]
    private let isDemo: Bool
    private let onEvent: @Sendable (ConsoleEvent) -> Void
    private let wake: WakePipe
    private let screen: Mutex<Screen>

    private struct Screen {
        var editor: EditorState
        /// nil: no line is wanted now.
        var prompt: String?
        var waitingKeys: [Key] = []
        /// Whether the last printed text ended in the middle of a line; the prompt then starts a
        /// new one.
        var endsWithinLine = false
        var isClosed = false
    }

    /// nil if `input` is not a terminal.
    init?(
        input: Int32, output: Int32, historyPath: String?,
        memberNames: @escaping @Sendable () -> [String], isDemo: Bool = false,
        onEvent: @escaping @Sendable (ConsoleEvent) -> Void
    ) {
        guard let wake = WakePipe() else { return nil }
        guard TerminalModes.enter(input) else {
            wake.close()
            return nil
        }
        self.input = input
        self.output = output
        self.memberNames = memberNames
        self.isDemo = isDemo
        self.onEvent = onEvent
        self.wake = wake
        historyFile = historyPath.map { HistoryFile(path: $0) }
        screen = Mutex(Screen(editor: EditorState(history: historyFile?.read() ?? LineHistory())))
        wake.takeSignals()
        ConsoleThread.start { [self] in self.readKeys() }
    }

    deinit { wake.close() }

    // MARK: Console

    /// Output that the terminal did not show is gone, and is not reported.
    var outputFailure: Errno? { nil }

    func prompt(_ text: String) {
        screen.withLock { screen in
            guard !screen.isClosed else { return }
            screen.prompt = text
            if screen.endsWithinLine { Descriptor.write("\n", to: output) }
            screen.endsWithinLine = false
            draw(screen)
        }
        // Keys that waited are for this line.
        wake.send(.proceed)
    }

    func print(_ text: String) {
        guard let last = text.utf8.last else { return }
        let columns = TerminalModes.columns(output)
        screen.withLock { screen in
            // The rest of a line does not begin at the left end.
            let rest = text.prefix { screen.endsWithinLine && $0 != "\n" }
            let text =
                String(rest) + WordWrap.wrapped(String(text[rest.endIndex...]), to: columns)
            guard screen.prompt != nil, !screen.isClosed else {
                screen.endsWithinLine = last != UInt8(ascii: "\n")
                Descriptor.write(text, to: output)
                return
            }
            let lineEnd = last == UInt8(ascii: "\n") ? "" : "\n"
            Descriptor.write(LineView.erase + text + lineEnd, to: output)
            draw(screen)
        }
    }

    func close() {
        let wasOpen = screen.withLock { screen in
            defer { screen.isClosed = true }
            guard !screen.isClosed else { return false }
            if screen.prompt != nil { Descriptor.write(LineView.erase, to: output) }
            screen.prompt = nil
            TerminalModes.leave()
            return true
        }
        guard wasOpen else { return }
        wake.releaseSignals()
        wake.send(.close)
    }

    // MARK: The thread

    private func readKeys() {
        SignalHandler.unblock(WakePipe.consoleSignals)
        var decoder = KeyDecoder()
        while true {
            let patience = decoder.isWaiting ? Self.escapeMilliseconds : -1
            let ready = Descriptor.wait(for: [input, wake.readEnd], milliseconds: patience)
            if screen.withLock({ $0.isClosed }) { return }
            var keys: [Key] = []
            if ready.contains(wake.readEnd) {
                for signal in wake.receive() { take(signal) }
            }
            if ready.contains(input) {
                guard let bytes = Descriptor.readSome(input), !bytes.isEmpty else {
                    // The terminal is gone.
                    onEvent(.endOfInput)
                    return
                }
                keys = decoder.feed(bytes)
            } else if ready.isEmpty {
                keys = decoder.flush()
            }
            take(keys)
        }
    }

    /// Keys are handled one by one: after Enter the others wait for the next prompt.
    private func take(_ keys: [Key]) {
        screen.withLock { screen in
            let room = max(0, Self.mostWaitingKeys - screen.waitingKeys.count)
            screen.waitingKeys += keys.prefix(room)
        }
        if keys.contains(.interrupt), screen.withLock({ $0.prompt == nil }) {
            // Keys typed ahead were meant for the work that is being interrupted.
            screen.withLock { $0.waitingKeys = [] }
            onEvent(.interrupt)
            return
        }
        let names = keys.contains(.tab) ? memberNames() : []
        while let event = screen.withLock({ takeKey(&$0, memberNames: names) }) {
            switch event {
            case .event(let event): onEvent(event)
            case .suspend: suspend()
            case .nothing: break
            }
        }
    }

    /// The result of one key.
    private enum Taken {
        case event(ConsoleEvent)
        case suspend
        case nothing
    }

    /// Takes the first waiting key; nil if there is none or no line is wanted.
    private func takeKey(_ screen: inout Screen, memberNames: [String]) -> Taken? {
        guard let prompt = screen.prompt, !screen.isClosed, !screen.waitingKeys.isEmpty else {
            return nil
        }
        let key = screen.waitingKeys.removeFirst()
        var taken = Taken.nothing
        let actions = screen.editor.handle(key) { line, cursor in
            ShellCompletion.complete(
                line, cursor: cursor, memberNames: memberNames, demo: isDemo)
        }
        for action in actions {
            switch action {
            case .redraw:
                // While more keys wait, only the state after the last needs to be drawn.
                if screen.waitingKeys.isEmpty { draw(screen) }
            case .bell: Descriptor.write("\u{7}", to: output)
            case .clearScreen: Descriptor.write(LineView.clearScreen, to: output)
            case .show(let words):
                let columns = TerminalModes.columns(output)
                let text = LineView.columns(of: words, columns: columns)
                Descriptor.write(
                    LineView.erase + prompt + screen.editor.line + "\n" + text, to: output)
            case .submit(let line):
                Descriptor.write(LineView.erase + prompt + line + "\n", to: output)
                screen.prompt = nil
                if screen.editor.history.lines.last == line { historyFile?.append(line) }
                taken = .event(.line(line))
            case .interrupt:
                Descriptor.write("^C\n", to: output)
                draw(screen)
                taken = .event(.interrupt)
            case .endOfInput:
                Descriptor.write("\n", to: output)
                screen.prompt = nil
                taken = .event(.endOfInput)
            case .suspend: taken = .suspend
            }
        }
        return taken
    }

    /// Draws the row. The caller holds the lock.
    private func draw(_ screen: borrowing Screen) {
        guard let prompt = screen.prompt else { return }
        let row = LineView.draw(
            prompt: screen.editor.prompt(prompt), text: screen.editor.text,
            cursor: screen.editor.cursor, columns: TerminalModes.columns(output))
        Descriptor.write(row, to: output)
    }

    // MARK: Signals

    private func take(_ signal: WakePipe.Wake) {
        switch signal {
        case .resized: screen.withLock { draw($0) }
        case .suspend: suspend()
        case .resumed: resume()
        case .close, .interrupt, .proceed: break
        }
    }

    /// Stops the process, as Ctrl-Z does elsewhere. Returns when the process is continued.
    private func suspend() {
        screen.withLock { screen in
            if screen.prompt != nil { Descriptor.write("\n", to: output) }
            TerminalModes.leave()
        }
        SignalHandler.reset(SIGTSTP)
        // The signal goes to this thread, so that it stops exactly here.
        raise(SIGTSTP)
        wake.takeSuspendSignal()
        resume()
    }

    private func resume() {
        screen.withLock { screen in
            guard !screen.isClosed else { return }
            // Another program that had the terminal meanwhile may have left it in other modes.
            TerminalModes.leave()
            _ = TerminalModes.enter(input)
            draw(screen)
        }
    }
}
