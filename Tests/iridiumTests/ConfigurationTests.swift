import ArgumentParser
import Foundation
import IridiumNode
import IridiumShell
import Testing

@testable import iridium

/// Where the settings of an agent come from, and what a reload takes.
@Suite(.timeLimit(.minutes(10))) struct ConfigurationTests {
    private let place = Folder()
    private var file: String { place.path + "/agent.toml" }

    private func write(_ text: String) throws {
        try text.write(toFile: file, atomically: true, encoding: .utf8)
    }

    /// The options of an agent with this file.
    private func options(
        _ text: String, _ flags: [String] = [], environment: [String: String] = [:]
    ) throws -> AgentOptions {
        try write(text)
        let parsed = try NodeOptions.parse(flags + ["--config", file])
        return try AgentOptions(parsed) { environment[$0] }
    }

    private func refusal(
        _ text: String, _ flags: [String] = [], environment: [String: String] = [:]
    ) -> String? {
        do {
            let all = try options(text, flags, environment: environment)
            _ = try all.settings()
            _ = try all.service()
            _ = try Logs.Level(all)
            return nil
        } catch {
            return (error as? IridiumError)?.text
        }
    }

    @Test func `a flag wins over the environment, the environment over the file`() throws {
        let all = try options(
            """
            cluster = "file"
            profile = "wan"
            tolerance = "5s"
            """,
            ["--cluster", "flag"],
            environment: ["IRIDIUM_CLUSTER": "environment", "IRIDIUM_PROFILE": "local"])
        #expect(all.options.cluster == "flag")
        #expect(all.options.profile == "local")
        #expect(all.options.tolerance == "5s")
        #expect(all.options.logLevel == nil)
        #expect(all.origins["cluster"]?.text == "flag")
        #expect(all.origins["profile"]?.text == "IRIDIUM_PROFILE")
        #expect(all.origins["tolerance"]?.text == "\(file):3")
        #expect(all.origins["log-level"] == nil)
    }

    @Test func `the file and the environment can express every setting`() throws {
        let words = Setting.all.filter { $0.key != "tag" }.map { setting in
            switch setting.field {
            case .text, .table: "\(setting.key) = \"1\""
            case .number: "\(setting.key) = 1"
            case .choice, .flag: "\(setting.key) = true"
            case .list: "\(setting.key) = [\"1\"]"
            }
        }
        let all = try options((words + ["[tags]", "a = \"b\""]).joined(separator: "\n"))
        for setting in Setting.all {
            #expect(setting.value(in: all.options) != nil, "\(setting.key)")
        }
        var variables: [String: String] = [:]
        for setting in Setting.all {
            switch setting.field {
            case .choice, .flag: variables[setting.variable] = "true"
            default: variables[setting.variable] = "1"
            }
        }
        let named = try AgentOptions(try NodeOptions.parse([])) { variables[$0] }
        // Two that say the same are both taken from one source, and then contradict each other.
        for setting in Setting.all {
            #expect(setting.value(in: named.options) != nil, "\(setting.key)")
        }
    }

    @Test func `every option of an agent is a setting, or says what to do once`() async throws {
        let help = try await Program.run(["help", "agent"])
        let known = Set(Setting.all.map { "--" + $0.key })
        let others: Set = [
            "--config", "--color", "--help", "--version", "--node-alias", "--no-lifelines",
        ]
        var seen = 0
        for line in help.output.split(separator: "\n") where line.hasPrefix("  -") {
            for word in line.split(whereSeparator: { " ,/.".contains($0) })
            where word.hasPrefix("--") && word.count > 2 {
                seen += 1
                #expect(known.contains(String(word)) || others.contains(String(word)), "\(word)")
            }
        }
        #expect(seen >= known.count)
    }

    @Test func `what says the same in another way is not mixed from two sources`() throws {
        let bind = try options(
            "server-bind-host = \"10.0.0.1\"\nserver-bind-port = 1", ["--bind", "127.0.0.1:7"])
        #expect(try "\(bind.settings().bind)" == "127.0.0.1:7")
        let tags = try options("[tags]\nrole = \"db\"", ["--metadata", "text"])
        #expect(try tags.settings().metadata == Array("text".utf8))
        let port = try options(
            "server-bind-host = \"127.0.0.1\"\nserver-bind-port = 1", ["-P", "7"])
        #expect(try "\(port.settings().bind)" == "127.0.0.1:7")
    }

    @Test(
        arguments: [
            ("bnd = \"x\"", ":1: there is no setting \"bnd\"; did you mean bind?"),
            ("node-alias = \"x\"", "did you mean name?"), ("seeds = []", "did you mean seed?"),
            ("\ntag = [\"a=b\"]", ":2: there is no setting \"tag\"; did you mean [tags]?"),
            ("[tag]\na = \"b\"", "there is no table [tag]"), ("[tags]\na = 1", "is not a text"),
            ("bind = 5", "bind has a value of the wrong kind"),
            ("bind-port = \"5\"", "a whole number without quotes"),
            ("lifelines = \"yes\"", "true or false, without quotes"),
            ("seed = 5", "a list of texts"), ("bind = \"a:b:c\"", "agent.toml:1: "),
            ("\n\ntolerance = \"soon\"", ":3: tolerance cannot be \"soon\""),
            ("profile = \"moon\"", ":1: profile cannot be \"moon\""),
            ("log-level = \"loud\"", ":1: log-level cannot be \"loud\""),
            ("name = \"no good\"", ":1: \"no good\" cannot be a node name"),
            ("http = \"8.8.8.8:1\"", ":1: http cannot be"),
            ("http-token-file = \"x\"", ":1: http-token-file x needs --http"),
            ("seed = [\"127.0.0.1:1\", \"x:y\"]", ":1: seed cannot be"),
            ("bind = \"x", ":1: the string has no end"),
        ])
    func `a mistake is refused with its file, its line and what to try`(
        text: String, words: String
    ) throws {
        let found = try #require(refusal(text))
        #expect(found.contains(words), "\(found)")
        #expect(found.contains(file))
        #expect(found.contains("try:") || found.contains("usage:"))
    }

    @Test func `a wrong value of the environment names the variable`() throws {
        let words = try #require(refusal("", environment: ["IRIDIUM_TOLERANCE": "soon"]))
        #expect(words.contains("IRIDIUM_TOLERANCE cannot be \"soon\""))
        let switched = try #require(refusal("", environment: ["IRIDIUM_LIFELINES": "yes"]))
        #expect(switched.contains("it takes true or false"))
    }

    @Test func `a key file, a missing file and a pipe are no files of settings`() async throws {
        try write("iridium-key v1 " + String(repeating: "ab", count: 32) + "\n")
        let key = try await Program.run(["config", "--config", file])
        #expect(key.status == 65 && !key.errors.contains("abab"))
        let none = try await Program.run(["config", "--config", place.path + "/none"])
        #expect(none.status == 65)
        #expect(mkfifo(place.path + "/pipe", 0o600) == 0)
        let pipe = try await Program.run(["agent", "--config", place.path + "/pipe"])
        #expect(pipe.status == 65 && pipe.errors.contains("not a regular file"))
    }

    @Test func `iridium config shows what counts and starts nothing`() async throws {
        try write("cluster = \"blue\"\nhttp = \"127.0.0.1:0\"\n")
        let root = ["--data-root-dir", place.path + "/d"]
        let shown = try await Program.run(
            ["config", "--config", file, "--name", "n1"] + root,
            environment: ["IRIDIUM_LOG_LEVEL": "debug"])
        #expect(shown.status == 0, "\(shown.errors)")
        let lines = shown.output.split(separator: "\n").map {
            $0.split(separator: " ").map(String.init)
        }
        #expect(lines.contains(["cluster", "blue", "\(file):1"]))
        #expect(lines.contains(["log-level", "debug", "IRIDIUM_LOG_LEVEL"]))
        #expect(lines.contains(["name", "n1", "flag"]))
        #expect(lines.contains(["profile", "lan", "default"]))
        #expect(!FileManager.default.fileExists(atPath: place.path + "/d"))
        let wrong = try await Program.run([
            "config", "--config", file, "--json", "--tolerance", "x",
        ])
        #expect(wrong.status == 64 && wrong.errors.hasPrefix("{"))
        let prompt = try await Program.run(["--config", file])
        #expect(prompt.status == 64 && prompt.errors.contains("is for an agent"))
    }

    @Test func `a hangup reloads tags and log level, and no member sees more than that`()
        async throws
    {
        let folder = place.path
        let manager = try #require(DatagramListener(folder + "/notify"))
        let root = ["--data-root-dir", folder + "/d"]
        let settings = """
            name = "n1"
            server-bind-port = 0
            json = true
            [tags]
            role =
            """
        try write("log-level = \"error\"\n\(settings) \"db\"\n")
        let program = try Program(
            ["agent", "--config", file] + root, environment: ["NOTIFY_SOCKET": manager.path])
        _ = await program.nextLine(containing: "iridium.ready/1")
        #expect(await manager.next(containing: "READY=1") != nil)

        try write("log-level = \"debug\"\n\(settings) \"web\"\n")
        program.signal(SIGHUP)
        #expect(await manager.next(containing: "RELOADING=1") != nil)
        #expect(await manager.next(containing: "READY=1") != nil)
        #expect(try await Program.run(["tags"] + root).output == "role=web\n")

        // Wrong: all stays as it is. The same again: nothing happens.
        try write("log-level = \"debug\"\nbnd = 1\n\(settings) \"cache\"\n")
        program.signal(SIGHUP)
        #expect(await manager.next(containing: "READY=1") != nil)
        #expect(try await Program.run(["tags"] + root).output == "role=web\n")
        try write("cluster = \"other\"\nlog-level = \"debug\"\n\(settings) \"web\"\n")
        program.signal(SIGHUP)
        #expect(await manager.next(containing: "READY=1") != nil)

        program.signal(SIGTERM)
        let result = await program.finish()
        #expect(result.status == 0)
        #expect(result.errors.contains("reloaded \(file): tag, log-level"))
        #expect(result.errors.contains("there is no setting \\\"bnd\\\""))
        #expect(result.errors.contains("the settings in force stay"))
        #expect(result.errors.contains("in force after a restart: cluster"))
        let events = result.output.split(separator: "\n").filter { $0.contains("iridium.event/1") }
        #expect(
            events.allSatisfy {
                $0.contains("\"updated\"") || $0.contains("\"left\"")
                    || $0.contains("\"snapshot\":true")
            }, "\(events)")
    }
}
