import IridiumNode
import SystemPackage

/// The user's side of a session: a terminal with an editor, or plain lines.
///
/// Lines arrive as events. Any thread may print text at any time, and it appears above the line
/// being typed. The next line is delivered only after the next `prompt`, Ctrl-C at once.
protocol Console: AnyObject, Sendable {
    /// Shows a prompt (perhaps an empty one) and allows the next line.
    func prompt(_ text: String)
    /// Prints text, which brings its own line ends.
    func print(_ text: String)
    /// The reason why output was lost; nil if none was lost, or only its reader went away.
    var outputFailure: Errno? { get }
    /// Gives the terminal back. Later text is printed plainly.
    func close()
}

/// An event of a console. The handler runs on the console's thread or on one that prints, and must
/// not block for long.
enum ConsoleEvent: Equatable, Sendable {
    case line(String)
    /// Ctrl-C: the line being typed was dropped, or the running program is to stop.
    case interrupt
    /// Ctrl-D, the end of the file, or a pipe without a reader.
    case endOfInput
}

/// Makes consoles.
enum Consoles {
    /// An editor if input and output are a terminal that can move its cursor, otherwise plain
    /// lines.
    ///
    /// - Parameters:
    ///   - historyPath: the file that keeps lines between sessions; nil: no file.
    ///   - memberNames: called at each Tab, on the console's thread.
    ///   - isDemo: whether there is a demo to control.
    static func make(
        historyPath: String?, memberNames: @escaping @Sendable () -> [String],
        isDemo: Bool = false, onEvent: @escaping @Sendable (ConsoleEvent) -> Void
    ) -> any Console {
        if isCapable(SystemCall.environment("TERM")), isTerminal(0), isTerminal(1),
            let editor = TerminalConsole(
                input: 0, output: 1, historyPath: historyPath, memberNames: memberNames,
                isDemo: isDemo, onEvent: onEvent)
        {
            return editor
        }
        return PlainConsole(input: 0, output: 1, showsPrompt: isTerminal(0), onEvent: onEvent)
    }

    /// Whether a terminal of this type can move its cursor.
    static func isCapable(_ type: String?) -> Bool {
        guard let type else { return false }
        return !["", "dumb", "unknown", "cons25"].contains(type)
    }
}
