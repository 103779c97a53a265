/// An option of an agent that the environment or a file can set, too.
///
/// The key is the long name of the flag. Flags that say what to do once (`--config`) are no settings.
struct Setting: Sendable {
    /// The kind of a value, and its place in the options.
    enum Field: Sendable {
        case text(any WritableKeyPath<NodeOptions, String?> & Sendable)
        /// A whole number. Its flag takes text, because a separate check words the message.
        case number(any WritableKeyPath<NodeOptions, String?> & Sendable)
        case choice(any WritableKeyPath<NodeOptions, Bool?> & Sendable)
        /// A flag that can only switch on.
        case flag(any WritableKeyPath<NodeOptions, Bool> & Sendable)
        case list(any WritableKeyPath<NodeOptions, [String]> & Sendable)
        /// `key=value` words; in a file a table.
        case table(any WritableKeyPath<NodeOptions, [String]> & Sendable)
    }

    let key: String
    let field: Field
    /// The default, as `iridium config` shows it.
    let usual: String
    /// Settings that say the same in another way. Where a stronger source sets one of them, this one
    /// is not taken from a weaker source.
    var rivals: [String] = []
    /// Whether a running node takes a new value.
    var isReloadable = false

    /// `IRIDIUM_SERVER_BIND_HOST`.
    var variable: String {
        "IRIDIUM_" + key.uppercased().map { $0 == "-" ? "_" : String($0) }.joined()
    }

    static let all: [Setting] = [
        Setting(key: "name", field: .text(\.nodeAlias), usual: "the name of this host"),
        Setting(
            key: "server-bind-host", field: .text(\.serverBindHost), usual: "127.0.0.1",
            rivals: ["bind"]),
        Setting(
            key: "server-bind-port", field: .number(\.serverBindPort), usual: "2254",
            rivals: ["bind"]),
        Setting(
            key: "bind", field: .text(\.bind), usual: "from the two above",
            rivals: ["server-bind-host", "server-bind-port"]),
        Setting(key: "advertise", field: .text(\.advertise), usual: "the address it listens on"),
        Setting(key: "seed", field: .list(\.seed), usual: "none", isReloadable: true),
        Setting(key: "cluster", field: .text(\.cluster), usual: "default"),
        Setting(
            key: "key-file", field: .text(\.keyFile), usual: "cluster.key in the data root"),
        Setting(key: "profile", field: .text(\.profile), usual: "lan"),
        Setting(key: "tolerance", field: .text(\.tolerance), usual: "that of the profile"),
        Setting(key: "lifelines", field: .choice(\.lifelines), usual: "true"),
        Setting(
            key: "metadata", field: .text(\.metadata), usual: "none", rivals: ["tag"],
            isReloadable: true),
        Setting(
            key: "tag", field: .table(\.tag), usual: "none", rivals: ["metadata"],
            isReloadable: true),
        Setting(key: "data-root-dir", field: .text(\.dataRootDir), usual: "that of this user"),
        Setting(key: "control-group", field: .text(\.controlGroup), usual: "none"),
        Setting(
            key: "threads", field: .number(\.threads), usual: "one for each processor, at most 8"),
        Setting(
            key: "enable-remote-access", field: .flag(\.enableRemoteAccess), usual: "false"),
        Setting(key: "bind-host", field: .text(\.bindHost), usual: "127.0.0.1"),
        Setting(key: "bind-port", field: .number(\.bindPort), usual: "2244"),
        Setting(key: "http", field: .text(\.admin.http), usual: "off"),
        Setting(key: "http-token-file", field: .text(\.admin.httpTokenFile), usual: "none"),
        Setting(
            key: "log-level", field: .text(\.logLevel), usual: "notice", isReloadable: true),
        Setting(key: "log-format", field: .text(\.logFormat), usual: "text, json with json"),
        Setting(key: "on", field: .list(\.on), usual: "none"),
        Setting(key: "json", field: .flag(\.output.json), usual: "false"),
    ]

    static subscript(key: String) -> Setting? { all.first { $0.key == key } }

    /// Words that people try, and the settings that they mean.
    static let otherNames = [
        "node-alias": "name", "tag": "[tags]", "tags": "[tags]", "seeds": "seed", "port": "bind",
        "host": "bind", "remote-access": "enable-remote-access", "loglevel": "log-level",
    ]

    /// The table of tags in a file.
    static let tagTable = "tags"
}

extension Setting {
    /// The value in these options as one text; nil if it is not set there.
    func value(in options: NodeOptions) -> String? {
        switch field {
        case .text(let path), .number(let path): options[keyPath: path]
        case .choice(let path): options[keyPath: path].map { "\($0)" }
        case .flag(let path): options[keyPath: path] ? "true" : nil
        case .list(let path), .table(let path):
            options[keyPath: path].isEmpty ? nil : options[keyPath: path].joined(separator: ", ")
        }
    }

    /// Sets the value of an environment variable. Commas part the values of a list. Returns what
    /// would be right if this is not.
    func set(_ text: String, in options: inout NodeOptions) -> String? {
        switch field {
        case .text(let path), .number(let path): options[keyPath: path] = text
        case .list(let path), .table(let path):
            options[keyPath: path] = text.split(separator: ",").map { word in
                String(word.trimmingPrefix { $0 == " " })
            }
        case .choice, .flag:
            guard let value = Bool(text) else { return "true or false" }
            set(value, in: &options)
        }
        return nil
    }

    /// The same for a value of a file.
    func set(_ value: TOMLReader.Value, in options: inout NodeOptions) -> String? {
        switch (field, value) {
        case (.text(let path), .text(let text)): options[keyPath: path] = text
        case (.text, _): return "a text in quotes: \(key) = \"…\""
        case (.number(let path), .integer(let number)): options[keyPath: path] = "\(number)"
        case (.number, _): return "a whole number without quotes"
        case (.choice, .boolean(let value)), (.flag, .boolean(let value)):
            set(value, in: &options)
        case (.choice, _), (.flag, _): return "true or false, without quotes"
        case (.list(let path), .list(let texts)): options[keyPath: path] = texts
        case (.list(let path), .text(let text)): options[keyPath: path] = [text]
        case (.list, _): return "a list of texts: \(key) = [\"…\", \"…\"]"
        case (.table, _): return "a table: [tags], then KEY = \"VALUE\" on a line for each"
        }
        return nil
    }

    /// The line of a file for a value that was written without quotes and is no number; nil if quotes
    /// are what is missing.
    func form(of word: String) -> String? {
        switch field {
        case .number: "a whole number without quotes, in decimal digits: \(key) = 4"
        case .choice, .flag:
            "\(key) = \(["no", "off", "0"].contains(word.lowercased()) ? "false" : "true")"
        case .list: "\(key) = [\"…\", \"…\"]"
        case .text, .table: nil
        }
    }

    private func set(_ value: Bool, in options: inout NodeOptions) {
        switch field {
        case .choice(let path): options[keyPath: path] = value
        case .flag(let path): options[keyPath: path] = value
        case .text, .number, .list, .table: break
        }
    }
}
