/// An order of `!demo`: one word for the action, then the members or the amount.
///
///     !demo ls
///     !demo kill n3          !demo pause n3 5       !demo resume n3       !demo restart n3
///     !demo partition n1,n2  !demo loss 20%         !demo heal
///
/// It is parsed here and carried out by the node; this module does not know the members.
package enum DemoOrder: Hashable, Sendable {
    case list
    case kill(String)
    /// nil: until `resume`. At least a second, at most an hour.
    case pause(String, seconds: Int?)
    case resume(String)
    case restart(String)
    /// These on one side, all others on the other. Not empty, no name twice.
    case partition([String])
    /// 0 to 100.
    case loss(percent: Int)
    case heal

    /// The first words, in the order of the help.
    package enum Verb: String, CaseIterable, Sendable {
        case list = "ls"
        case kill, pause, resume, restart, partition, loss, heal

        /// The word with its arguments, as a user types it.
        package var usage: String {
            switch self {
            case .list, .heal: "!demo \(rawValue)"
            case .kill, .resume, .restart: "!demo \(rawValue) NAME"
            case .pause: "!demo pause NAME [SECONDS]"
            case .partition: "!demo partition NAME,NAME,…"
            case .loss: "!demo loss N%"
            }
        }

        var example: String? {
            switch self {
            case .list, .heal: nil
            case .kill, .resume, .restart: "!demo \(rawValue) n3"
            case .pause: "!demo pause n3 5"
            case .partition: "!demo partition n1,n2"
            case .loss: "!demo loss 20%"
            }
        }

        /// Whether a member's name follows.
        var takesNames: Bool {
            switch self {
            case .kill, .pause, .resume, .restart, .partition: true
            case .list, .loss, .heal: false
            }
        }

        /// The most words that may follow; nil: any number.
        var mostWords: Int? {
            switch self {
            case .list, .heal: 0
            case .kill, .resume, .restart, .loss: 1
            case .pause: 2
            case .partition: nil
            }
        }

        /// The error for an order that cannot be carried out. [IR-40]
        package func error(_ problem: String) -> IridiumError {
            .badArguments(
                command: "!demo \(rawValue)", problem: problem, usage: usage, example: example)
        }
    }

    /// The longest pause that can be requested, in seconds.
    package static let longestPause = 3_600

    /// Reads the words after `!demo`.
    init(_ words: some Collection<Substring>) throws(IridiumError) {
        let all = Verb.allCases.map(\.rawValue).joined(separator: ", ")
        guard let first = words.first else {
            throw Self.unknown("needs an action: \(all)")
        }
        guard let verb = Verb(rawValue: String(first)) else {
            throw Self.unknown(
                "has no action \(Layout.quoted(String(first))): its actions are \(all)")
        }
        let rest = words.dropFirst()
        if let most = verb.mostWords, let surplus = rest.dropFirst(most).first {
            throw verb.error("cannot use \(Layout.quoted(String(surplus)))")
        }
        switch verb {
        case .list: self = .list
        case .heal: self = .heal
        case .kill: self = .kill(try Self.name(rest.first, verb))
        case .resume: self = .resume(try Self.name(rest.first, verb))
        case .restart: self = .restart(try Self.name(rest.first, verb))
        case .pause:
            self = .pause(
                try Self.name(rest.first, verb), seconds: try Self.seconds(rest.dropFirst().first))
        case .partition: self = .partition(try Self.names(rest))
        case .loss: self = .loss(percent: try Self.percent(rest.first))
        }
    }

    private static func unknown(_ problem: String) -> IridiumError {
        .badArguments(
            command: "!demo", problem: problem, usage: ShellCommand.demo.row.usage,
            example: "!demo kill n3")
    }

    private static func name(_ word: Substring?, _ verb: Verb) throws(IridiumError) -> String {
        guard let word else { throw verb.error("needs the name of a member") }
        return String(word)
    }

    /// Names between commas, blanks or both; a repeated name counts once.
    private static func names(_ words: some Collection<Substring>) throws(IridiumError) -> [String]
    {
        var names: [String] = []
        for word in words.flatMap({ $0.split(separator: ",") }) {
            let name = String(word)
            if !names.contains(where: { $0.utf8.elementsEqual(name.utf8) }) { names.append(name) }
        }
        guard !names.isEmpty else {
            throw Verb.partition.error("needs the names of the members on one side")
        }
        return names
    }

    private static func seconds(_ word: Substring?) throws(IridiumError) -> Int? {
        guard let word else { return nil }
        let digits = word.last == "s" ? word.dropLast() : word
        guard let seconds = number(digits), (1...longestPause).contains(seconds) else {
            throw Verb.pause.error(
                "cannot last \(Layout.quoted(String(word))): it takes 1 to \(longestPause) seconds")
        }
        return seconds
    }

    private static func percent(_ word: Substring?) throws(IridiumError) -> Int {
        guard let word else { throw Verb.loss.error("needs a percentage") }
        let digits = word.last == "%" ? word.dropLast() : word
        guard let percent = number(digits), percent <= 100 else {
            throw Verb.loss.error(
                "cannot be \(Layout.quoted(String(word))): it takes 0% to 100%")
        }
        return percent
    }

    private static func number(_ digits: Substring) -> Int? {
        guard digits.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return Int(digits)
    }
}
