import IridiumNode
import IridiumShell
import Logging
import Synchronization

/// The destination of log lines: none at a prompt, standard error for an agent.
enum Logs {
    static var silent: Logger { Logger(label: "iridium") { _ in SwiftLogNoOpLogHandler() } }

    static func toStandardError(
        _ level: Level, _ write: @escaping @Sendable (String) -> Void
    ) -> Logger {
        Logger(label: "iridium") { _ in LogLines(level: level, write: write) }
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

/// One line a record: time, level, message, metadata in alphabetical order.
private struct LogLines: LogHandler {
    /// The longest fact is the proof that a member contradicts itself: two records in about 4,020
    /// digits.
    private static let longestLine = 4_500

    var metadata: Logger.Metadata = [:]
    private let level: Logs.Level
    private let write: @Sendable (String) -> Void

    init(level: Logs.Level, write: @escaping @Sendable (String) -> Void) {
        self.level = level
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
        let facts = all.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
        let text = Layout.printable(event.message.description + facts, limit: Self.longestLine)
        write("\(WallClock.now.localRFC3339) \(event.level) \(text)\n")
    }
}
