import IridiumNode
import IridiumShell
import Logging

/// The destination of log lines: none at a prompt, standard error for an agent.
enum Logs {
    static var silent: Logger { Logger(label: "iridium") { _ in SwiftLogNoOpLogHandler() } }

    static func toStandardError(
        _ level: String, _ write: @escaping @Sendable (String) -> Void
    ) throws(IridiumError) -> Logger {
        guard let level = Logger.Level(rawValue: level) else {
            throw .badValue(
                option: "--log-level", value: level,
                expected: "trace, debug, info, notice, warning, error or critical")
        }
        return Logger(label: "iridium") { _ in LogLines(level: level, write: write) }
    }
}

/// One line a record: time, level, message, metadata in alphabetical order.
private struct LogLines: LogHandler {
    /// The longest fact is the proof that a member contradicts itself: two records in about 4,020
    /// digits.
    private static let longestLine = 4_500

    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level

    private let write: @Sendable (String) -> Void

    init(level: Logger.Level, write: @escaping @Sendable (String) -> Void) {
        logLevel = level
        self.write = write
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
