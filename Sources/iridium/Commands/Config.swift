import ArgumentParser
import IridiumJSON
import IridiumNode
import IridiumShell
import MembershipWire

/// `iridium config`.
struct Config: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check the settings of an agent, and show where each comes from.",
        discussion: """
            Takes the options of iridium agent, but starts nothing. It reads the same sources: a flag wins \
            over the environment, the environment over the file of --config, the file over the default. \
            It fails if an agent could not start with these settings.

            Examples:
              iridium config --config /etc/iridium/agent.toml
              IRIDIUM_LOG_LEVEL=debug iridium config --config agent.toml --json
            """)

    @OptionGroup var node: NodeOptions

    func run() throws {
        // The format of the answer is a flag of this command, and a setting of the agent.
        let all = try AgentOptions(node)
        let settings = try all.settings()
        let service = try all.service()
        _ = try Logs.Level(all)
        _ = try Logs.Format(all)
        _ = try all.handlers()
        for remark in AgentOptions.remarks() { StandardError.write("iridium: \(remark)\n") }
        try settings.requireSeparatePorts(http: service?.endpoint)
        try Self.checkFiles(of: settings)
        let rows = Setting.all.map { setting in
            let value = setting.value(in: all.options)
            return Row(
                setting: setting, value: value ?? usual(setting, settings),
                origin: all.origins[setting.key])
        }
        try StandardOutput.write(
            node.output.json ? Self.json(rows).line + "\n" : Self.text(rows))
    }

    /// An agent would make what is missing, except a key file that was named.
    private static func checkFiles(of settings: NodeSettings) throws(IridiumError) {
        if let error = settings.directory.unusable { throw error }
        switch settings.key {
        case .file("-"): break
        case .file(let path): try KeyFiles.check(path, cluster: settings.clusterName)
        case .inDataDirectory:
            let path = settings.directory.clusterKeyPath
            guard SystemCall.exists(path) else { return }
            try KeyFiles.check(path, cluster: settings.clusterName)
        }
    }

    private struct Row {
        let setting: Setting
        let value: String
        let origin: Origins.Origin?
    }

    /// The default; where it depends on this host, what it is here.
    private func usual(_ setting: Setting, _ settings: NodeSettings) -> String {
        switch setting.key {
        case "name": settings.name?.text ?? setting.usual
        case "bind": "\(settings.bind)"
        case "data-root-dir": settings.directory.root
        case "threads": "\(settings.threads)"
        default: setting.usual
        }
    }

    private static func text(_ rows: [Row]) -> String {
        let table =
            [["SETTING", "VALUE", "FROM"]]
            + rows.map { row in
                [row.setting.key, Layout.printable(row.value), row.origin?.text ?? "default"]
            }
        return Layout.table(table).joined(separator: "\n") + "\n"
    }

    private static func json(_ rows: [Row]) -> JSON {
        [
            "schema": "iridium.config/1",
            "settings": .array(
                rows.map { row in
                    [
                        "key": .string(row.setting.key),
                        "value": row.origin == nil ? .null : .string(row.value),
                        "default": .string(row.setting.usual),
                        "from": .string(row.origin?.text ?? "default"),
                        "reload": .bool(row.setting.isReloadable),
                    ]
                }),
        ]
    }
}
