import IridiumNode
import IridiumShell

/// `--on failed,left=COMMAND`: a command for some kinds of change.
///
/// The words of the command are parted by blanks; no shell reads them. The program must exist when
/// the agent starts; one without a slash in its name is looked for in PATH.
struct EventHandler: Equatable, Sendable {
    let kinds: Set<ChangeOfMember.Kind>
    /// The program and its arguments.
    let words: [String]

    /// Handlers of one agent.
    static let most = 16
    private static let form = "KIND,KIND=COMMAND, such as failed,left=/usr/local/bin/page"
    private static var known: [ChangeOfMember.Kind] {
        ChangeOfMember.Kind.allCases.filter { $0 != .removed }
    }

    init(_ text: String, option: String) throws(IridiumError) {
        guard let sign = text.firstIndex(of: "=") else {
            throw .badValue(option: option, value: text, expected: Self.form)
        }
        var kinds: Set<ChangeOfMember.Kind> = []
        for word in text[..<sign].split(separator: ",") {
            if word == "all" {
                kinds.formUnion(Self.known)
                continue
            }
            guard let kind = Self.known.first(where: { $0.rawValue == word }) else {
                throw .badValue(
                    option: option, value: String(word),
                    expected: "all, or of "
                        + Self.known.map(\.rawValue).joined(separator: ", "))
            }
            kinds.insert(kind)
        }
        words = text[text.index(after: sign)...].split(separator: " ").map(String.init)
        guard let program = words.first, !kinds.isEmpty else {
            throw .badValue(option: option, value: text, expected: Self.form)
        }
        guard ChildCommand.isFound(program) else {
            throw .badValue(
                option: option, value: program,
                expected: "a program that this user may execute"
                    + (program.contains("/") ? "" : ", in a directory of PATH"))
        }
        self.kinds = kinds
    }

    /// All of one agent. A list in an environment variable is parted by commas, also between kinds: words
    /// without a command belong to the next one.
    static func all(_ texts: [String], option: String) throws(IridiumError) -> [EventHandler] {
        var handlers: [EventHandler] = []
        var kinds: [String] = []
        for text in texts {
            guard text.contains("=") else {
                kinds.append(text)
                continue
            }
            handlers.append(
                try EventHandler((kinds + [text]).joined(separator: ","), option: option))
            kinds = []
        }
        guard kinds.isEmpty else {
            throw .badValue(
                option: option, value: kinds.joined(separator: ","), expected: form)
        }
        guard handlers.count <= most else {
            throw .badValue(
                option: option, value: "\(handlers.count) handlers", expected: "at most \(most)")
        }
        return handlers
    }
}
