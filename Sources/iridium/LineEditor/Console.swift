import IridiumNode
import SystemPackage

/// Where a session is typed: a terminal with an editor, or plain lines.
///
/// Lines arrive as events; text may be printed by any thread at any time and stands above the line
/// being typed. The next line is delivered only after the next `prompt`, Ctrl-C at once.
protocol Console: AnyObject, Sendable {
    /// Shows a prompt (perhaps an empty one) and lets the next line come.
    func prompt(_ text: String)
    /// Prints text, which brings its own line ends.
    func print(_ text: String)
    /// Why output was lost; nil where none was, or only its reader went away.
    var outputFailure: Errno? { get }
    /// Gives the terminal back. What is printed afterwards is printed plainly.
    func close()
}

/// What a console reports, on a thread of its own or on one that prints; must not block for long.
enum ConsoleEvent: Equatable, Sendable {
    case line(String)
    /// Ctrl-C: the line being typed was dropped, or what runs is to stop.
    case interrupt
    /// Ctrl-D, the end of the file, or a pipe that nobody reads any more.
    case endOfInput
}

/// How a console is made.
enum Consoles {
    /// An editor where input and output are a terminal that can move its cursor, else plain lines.
    ///
    /// - Parameters:
    ///   - historyPath: where lines are kept between sessions; nil: nowhere.
    ///   - memberNames: asked for at each Tab, on the console's thread.
    ///   - isDemo: whether there is a demo to be commanded.
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
