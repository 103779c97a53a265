import IridiumJSON
import IridiumNode
import IridiumShell
import Logging
import Synchronization

/// The destination of log lines: none at a prompt, standard error for an agent.
enum Logs {
    static var silent: Logger { Logger(label: "iridium") { _ in SwiftLogNoOpLogHandler() } }

    static func toStandardError(
        _ level: Level, _ format: Format = .text, _ write: @escaping @Sendable (String) -> Void
    ) -> Logger {
        Logger(label: "iridium") { _ in LogLines(level: level, format: format, write: write) }
    }

    /// The form of a line: the same as that of the other lines on standard error, unless an option says
    /// otherwise.
    enum Format: String, Sendable {
        case text, json

        init(_ options: AgentOptions) throws(IridiumError) {
            self = try options.origins.checking("log-format") { spelling throws(IridiumError) in
                guard let text = options.options.logFormat else {
                    return options.options.output.json ? .json : .text
                }
                guard let format = Format(rawValue: text) else {
                    throw .badValue(option: spelling, value: text, expected: "text or json")
                }
                return format
            }
        }
    }

    /// The level of a process, which a reload may change: all copies of its logger share it.
    final class Level: Sendable {
        private let level: Mutex<Logger.Level>

        init(_ options: AgentOptions) throws(IridiumError) {
            level = Mutex(try Self.named(options))
        }

        var value: Logger.Level { level.withLock { $0 } }

        func set(_ new: Logger.Level) { level.withLock { $0 = new } }

        /// The level that the options name.
        static func named(_ options: AgentOptions) throws(IridiumError) -> Logger.Level {
            try options.origins.checking("log-level") { spelling throws(IridiumError) in
                guard let text = options.options.logLevel else { return .notice }
                guard let level = Logger.Level(rawValue: text) else {
                    throw .badValue(
                        option: spelling, value: text,
                        expected: "trace, debug, info, notice, warning, error or critical")
                }
                return level
            }
        }
    }
}

/// One line a record: time, level, message, metadata in alphabetical order. In JSON `iridium.log/1`.
private struct LogLines: LogHandler {
    /// The longest fact is the proof that a member contradicts itself: two records in about 4,020
    /// digits.
    private static let longestLine = 4_500

    var metadata: Logger.Metadata = [:]
    private let level: Logs.Level
    private let format: Logs.Format
    private let write: @Sendable (String) -> Void

    init(
        level: Logs.Level, format: Logs.Format, write: @escaping @Sendable (String) -> Void
    ) {
        self.level = level
        self.format = format
        self.write = write
    }

    var logLevel: Logger.Level {
        get { level.value }
        set { level.set(newValue) }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var all = metadata
        if let more = event.metadata { all.merge(more) { $1 } }
        let facts = all.sorted { $0.key < $1.key }
        switch format {
        case .text:
            let line =
                event.message.description + facts.map { " \($0.key)=\($0.value)" }.joined()
            let text = Layout.printable(line, limit: Self.longestLine)
            write("\(WallClock.now.localRFC3339) \(event.level) \(text)\n")
        case .json:
            let json: JSON = [
                "schema": "iridium.log/1", "at": .string(WallClock.now.rfc3339),
                "level": .string(event.level.rawValue),
                "text": .string(String(event.message.description.prefix(Self.longestLine))),
                "facts": .object(
                    facts.map { fact in
                        JSON.Field(
                            fact.key,
                            .string(String(fact.value.description.prefix(Self.longestLine))))
                    }),
            ]
            write(json.line + "\n")
        }
    }
}
