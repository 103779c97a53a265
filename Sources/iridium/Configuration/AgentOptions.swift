import IridiumAssembler
import IridiumNode
import IridiumShell

/// The options of an agent from all sources: a flag wins over the environment, the environment over the
/// file, the file over the default.
struct AgentOptions {
    /// The values in force.
    private(set) var options: NodeOptions
    private(set) var origins = Origins()
    /// The flags alone, for the next reading.
    private let flags: NodeOptions

    /// A file of settings is short; a longer one is another file.
    private static let longestFile = 64 << 10

    /// Reads all sources.
    init(
        _ flags: NodeOptions, environment: (String) -> String? = SystemCall.environment
    ) throws(IridiumError) {
        self.flags = flags
        options = flags
        for setting in Setting.all where setting.value(in: flags) != nil {
            origins[setting.key] = .flag
        }
        try takeEnvironment(environment)
        guard let path = flags.config ?? environment(Self.fileVariable) else { return }
        options.config = path
        try takeFile(path)
    }

    /// The file, where no flag names one.
    private static let fileVariable = "IRIDIUM_CONFIG"
    private static let prefix = "IRIDIUM_"
    /// The variables that an agent sets for its commands.
    private static let eventPrefix = "IRIDIUM_EVENT"

    /// A remark for each variable that looks like a setting and is not one.
    static func remarks(
        on names: [String] = SystemCall.environmentNames
    ) -> [String] {
        let known = Setting.all.map(\.variable) + [fileVariable]
        return names.filter {
            $0.hasPrefix(prefix) && !$0.hasPrefix(eventPrefix) && !known.contains($0)
        }
        .sorted()
        .map { name in
            "the variable \(Layout.printable(name)) is no setting"
                + (Spelling.closest(to: name, among: known).map { "; did you mean \($0)?" } ?? "")
        }
    }

    /// The same flags, and what the environment and the file say now.
    func readAgain() throws(IridiumError) -> AgentOptions { try AgentOptions(flags) }

    /// The settings of the node, checked.
    func settings() throws(IridiumError) -> NodeSettings {
        try options.settings(ofAgent: true, from: origins)
    }

    /// The HTTP server, checked; nil where none is wanted.
    func service() throws(IridiumError) -> AdminOptions.Service? {
        try options.admin.service(from: origins)
    }

    /// The commands that run at changes of members, checked.
    func handlers() throws(IridiumError) -> [EventHandler] {
        try origins.checking("on") { spelling throws(IridiumError) in
            try EventHandler.all(options.on, option: spelling)
        }
    }

    // MARK: Sources

    /// Whether a stronger source has set it, or what says the same.
    private func isSet(_ setting: Setting, before strength: Set<String>) -> Bool {
        strength.contains(setting.key) || setting.rivals.contains(where: strength.contains)
    }

    private var given: Set<String> {
        Set(Setting.all.lazy.map(\.key).filter { origins[$0] != nil })
    }

    private mutating func takeEnvironment(
        _ environment: (String) -> String?
    ) throws(IridiumError) {
        let stronger = given
        for setting in Setting.all {
            guard let text = environment(setting.variable), !isSet(setting, before: stronger) else {
                continue
            }
            if let expected = setting.set(text, in: &options) {
                throw .badValue(option: setting.variable, value: text, expected: expected)
            }
            origins[setting.key] = .environment(variable: setting.variable)
        }
    }

    private mutating func takeFile(_ path: String) throws(IridiumError) {
        let stronger = given
        var tags: [String] = []
        var firstTag: Int?
        for entry in try Self.entries(of: path) {
            if entry.table == Setting.tagTable {
                guard case .text(let text) = entry.value else {
                    throw Self.fault(
                        path, entry, "the tag \(Layout.quoted(entry.key)) is not a text",
                        try: "\(entry.key) = \"…\"")
                }
                tags.append("\(entry.key)=\(text)")
                firstTag = firstTag ?? entry.line
                continue
            }
            let setting = try Self.setting(of: entry, in: path)
            guard !isSet(setting, before: stronger) else { continue }
            if let expected = setting.set(entry.value, in: &options) {
                throw Self.fault(
                    path, entry, "\(entry.key) has a value of the wrong kind",
                    why: "it takes \(expected)")
            }
            origins[setting.key] = .file(path: path, line: entry.line)
        }
        guard let firstTag, let setting = Setting["tag"], !isSet(setting, before: stronger) else {
            return
        }
        options.tag = tags
        origins["tag"] = .file(path: path, line: firstTag)
    }

    private static func entries(of path: String) throws(IridiumError) -> [TOMLReader.Entry] {
        let bytes = try RegularFile.read(path, limit: longestFile)
        guard !SecretContent.isLikely(bytes) else { throw .holdsSecret(path: path) }
        do throws(TOMLReader.Fault) {
            return try TOMLReader.read(bytes)
        } catch {
            throw .badConfiguration(
                path: path, line: error.line, problem: error.problem, why: nil,
                advice: error.word.flatMap { word in Setting[word.key]?.form(of: word.text) }
                    ?? error.advice)
        }
    }

    /// The setting of a line; what is not one is an error, because a setting that does nothing is a
    /// mistake.
    private static func setting(
        of entry: TOMLReader.Entry, in path: String
    ) throws(IridiumError) -> Setting {
        if let table = entry.table {
            throw fault(
                path, entry, "there is no table [\(Layout.printable(table))]",
                try: "[tags] is the only table; all other settings come before it")
        }
        if let setting = Setting[entry.key], entry.key != "tag" { return setting }
        let keys = Setting.all.map(\.key).filter { $0 != "tag" }
        let close = Setting.otherNames[entry.key] ?? Spelling.closest(to: entry.key, among: keys)
        throw fault(
            path, entry,
            "there is no setting \(Layout.quoted(entry.key))"
                + (close.map { "; did you mean \($0)?" } ?? ""))
    }

    private static func fault(
        _ path: String, _ entry: TOMLReader.Entry, _ problem: String, why: String? = nil,
        try advice: String = "iridium config lists the settings; iridium help agent explains them"
    ) -> IridiumError {
        .badConfiguration(
            path: path, line: entry.line, problem: problem, why: why, advice: advice)
    }
}
