import IridiumNode
import IridiumShell
import MembershipWire
import SystemPackage

/// Standard output and standard error, one line at a time and never through a buffer of the
/// library: each text is written before the next thing happens.
enum StandardOutput {
    /// Returns false if the output has lost its reader, which is the reader's decision. Any other
    /// loss is an error: a user that redirects to a full disk must not believe that the answer is
    /// complete.
    @discardableResult
    static func write(_ text: String) throws(IridiumError) -> Bool {
        try write(Array(text.utf8))
    }

    /// The same for bytes.
    @discardableResult
    static func write(_ bytes: [UInt8]) throws(IridiumError) -> Bool {
        switch Descriptor.writeAll(bytes, to: 1) {
        case nil: return true
        case .brokenPipe?: return false
        case let failure?: throw unwritable(failure)
        }
    }

    /// The message for output that is lost.
    static func unwritable(_ error: Errno) -> IridiumError {
        .cannotWrite(
            path: "standard output", reason: error.text,
            purpose: "the answer goes there", option: "make room there, or choose another place")
    }
}

enum StandardError {
    static func write(_ text: String) { Descriptor.write(text, to: 2) }
}

/// Whether states are coloured.
enum ColorChoice: String, CaseIterable, Sendable {
    case auto, always, never

    /// `auto`: on a terminal that is not dumb, unless NO_COLOR is set to anything (no-color.org).
    var isOn: Bool {
        switch self {
        case .always: true
        case .never: false
        case .auto:
            isTerminal(1) && Consoles.isCapable(SystemCall.environment("TERM"))
                && SystemCall.environment("NO_COLOR") == nil
        }
    }

    /// Colours the first word of each line that names a state.
    func painted(_ text: String) -> String {
        guard isOn else { return text }
        return text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { Self.paintedLine(String($0)) }
            .joined(separator: "\n")
    }

    /// Colours the state in a line of news: `n5 is dead (4 alive)`.
    func painted(_ news: String, state: MemberState) -> String {
        let phrase = " is \(state.rawValue)"
        guard isOn, let range = news.firstRange(of: phrase) else { return news }
        var painted = news
        painted.replaceSubrange(range, with: " is " + Self.painted(state))
        return painted
    }

    private static func painted(_ state: MemberState) -> String {
        let code =
            switch state {
            case .alive: "32"
            case .suspect: "33"
            case .dead: "31"
            case .left: "2"
            }
        return "\u{1B}[\(code)m\(state.rawValue)\u{1B}[0m"
    }

    private static func paintedLine(_ line: String) -> String {
        var words = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        // The name comes first: a node may well be called "dead".
        guard let name = words.firstIndex(where: { !$0.isEmpty }),
            let index = words[(name + 1)...].firstIndex(where: { !$0.isEmpty }),
            let state = MemberState(rawValue: words[index])
        else { return line }
        words[index] = painted(state)
        return words.joined(separator: " ")
    }
}
