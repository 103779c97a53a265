import Foundation
import Testing

/// Words, values and files that a command refuses, and what it says then.
@Suite(.timeLimit(.minutes(10))) struct RefusalTests {
    private let place = Folder()
    private var folder: String { place.path }
    private var root: [String] { ["--data-root-dir", folder + "/d"] }

    private func withAgent(_ body: () async throws -> Void) async throws {
        let program = try Program(["agent", "--name", "n1", "-P", "0"] + root)
        _ = await program.nextLine(containing: "ready")
        try await body()
        program.signal(SIGTERM)
        #expect(await program.finish().status == 0)
    }

    private func ask(
        _ words: [String], input: String = ""
    ) async throws -> Program.Result {
        try await Program.run(words + root, input: input)
    }

    @Test func `settings with which an agent cannot start are refused by config too`() async throws
    {
        let (key, other) = (folder + "/key", folder + "/other")
        try Data("nothing".utf8).write(to: URL(fileURLWithPath: key))
        chmod(key, 0o600)
        try Data("a file".utf8).write(to: URL(fileURLWithPath: other))
        for options in [
            ["--key-file", folder + "/none"], ["--key-file", folder], ["--key-file", key],
            ["--data-root-dir", other], ["--data-root-dir", other + "/d"],
            ["--data-root-dir", ""], ["--key-file="],
            ["--bind", "127.0.0.1:3311", "--http", "127.0.0.1:3311"],
            ["--bind", "127.0.0.1:3311", "-r", "-p", "3311", "--bind-host", "0.0.0.0"],
        ] {
            let result = try await Program.run(["config"] + options)
            #expect(result.status >= 64, "\(options): \(result.output)")
        }
        let result = try await Program.run(["config"] + root)
        #expect(result.status == 0 && !FileManager.default.fileExists(atPath: folder + "/d"))
    }

    @Test func `help knows only commands`() async throws {
        for words in [
            ["help", "bogus"], ["help", "members", "extra"], ["help", "keys", "rotat"],
        ] {
            let result = try await Program.run(words)
            #expect(result.status == 64, "\(words)")
        }
        let close = try await Program.run(["help", "keys", "rotat"])
        #expect(close.errors.contains("did you mean iridium help keys rotate?"))
        for words in [
            ["help"], ["help", "keys", "rotate"], ["help", "members"], ["help", "repl"],
        ] {
            #expect(try await Program.run(words).status == 0, "\(words)")
        }
    }

    @Test func `a request that is refused is no broken connection`() async throws {
        try await withAgent {
            let forgotten = try await ask(["forget", "n1"])
            #expect(forgotten.status == 64 && forgotten.errors.contains("[IR-40]"))
            #expect(!forgotten.errors.contains("connection"))
            _ = try await ask(["metadata", "a text"])
            let tags = try await ask(["tags"])
            #expect(tags.status == 2 && tags.errors.contains("iridium metadata ''"))
            #expect(try await ask(["metadata", ""]).status == 0)
            #expect(try await ask(["tags", "set", "a=b"]).status == 0)
            let without = try await ask(["keys", "rotate", "--without", "n1"])
            #expect(without.status == 64, "\(without.errors)")
        }
    }

    @Test func `a state that is asked for and missing is said so`() async throws {
        try await withAgent {
            #expect(try await ask(["state", "get"]).status == 0)
            _ = try await ask(["state", "set", "a", "1"])
            let key = try await ask(["state", "get", "nope"])
            #expect(key.status == 2 && key.output == "No living member publishes nope.\n")
            let both = try await ask(["state", "get", "nope", "--member", "n1"])
            #expect(both.status == 2 && both.output == "n1 publishes no value for nope.\n")
            #expect(try await ask(["state", "get", "a", "--member", "n1"]).status == 0)
        }
    }

    @Test func `small questions get exact answers`() async throws {
        try await withAgent {
            let itself = try await ask(["netcheck", "n1"])
            #expect(itself.status == 64 && (itself.output + itself.errors).contains("IR-13"))
            let trips = try await ask(["rtt", "--json"])
            #expect(trips.output.contains("iridium.rtt/1"))
            let empty = try await ask(["send", "-"])
            #expect(empty.status == 64 && empty.errors.contains("at least one byte"))
            let late = try await ask(["wait", "--members", "2", "--timeout", "1"])
            #expect(
                late.status == 75 && late.errors.contains("gave up after 1 s"), "\(late.errors)")
            let number = try await ask(["send", "x", "--type", "-1"])
            #expect(number.errors.contains("--type=VALUE"), "\(number.errors)")
        }
        let prompt = try await Program.run(["--json"] + root)
        #expect(prompt.status == 64 && prompt.errors.contains("IR-40"))
    }

    @Test func `a byte order mark belongs to no line`() async throws {
        let mark = "\u{FEFF}"
        let (seeds, settings) = (folder + "/seeds", folder + "/agent.toml")
        try Data("\(mark)127.0.0.1:3311\n".utf8).write(to: URL(fileURLWithPath: seeds))
        try Data("\(mark)name = \"n7\"\n".utf8).write(to: URL(fileURLWithPath: settings))
        let result = try await Program.run(
            ["config", "--config", settings, "--seed", "file:" + seeds])
        #expect(result.status == 0 && result.output.contains("n7"), "\(result.errors)")
        let key = folder + "/key"
        _ = try await Program.run(["keygen", "--out", key])
        let content = try Data(contentsOf: URL(fileURLWithPath: key))
        try (Data(mark.utf8) + content).write(to: URL(fileURLWithPath: key))
        chmod(key, 0o600)
        let marked = try await Program.run(["keys", "id", key])
        #expect(marked.errors.contains("byte order mark"), "\(marked.errors)")
    }

    @Test func `a text in UTF-16 is no image`() async throws {
        let path = folder + "/hello.iasm"
        try #require(".code\nhlt\n".data(using: .utf16)).write(to: URL(fileURLWithPath: path))
        let result = try await Program.run(["run", path])
        #expect(result.status == 65, "\(result.output) \(result.errors)")
    }

    @Test func `a limit that is too low is an error and no crash`() async throws {
        for limit in ["-n 4", "-n 5", "-n 12", "-v 200000"] {
            let shell = "ulimit \(limit); exec timeout 20 \"$1\" agent --name n1 -P 0"
            let result = try await Program.run(
                ["-c", shell, "sh", Program.path], executable: "/bin/sh")
            // Below that, the loader itself may lack files.
            #expect(
                [71, 127].contains(result.status), "\(limit): \(result.status) \(result.errors)")
        }
    }

    @Test func `a command at changes must exist`() async throws {
        let result = try await Program.run(["config", "--on", "failed=no-such-program-here"])
        #expect(result.status == 64 && result.errors.contains("PATH"), "\(result.errors)")
        #expect(try await Program.run(["config", "--on", "failed=sh -c true"]).status == 0)
        let twice = try await Program.run(["config", "--tag", "a=b", "--tag", "a=c"])
        #expect(twice.status == 64 && twice.errors.contains("each key once"))
    }

    @Test(arguments: [
        ("threads = 0x10", "without quotes"), ("json = yes", "json = true"),
        ("threads = 1.5", "without quotes"), ("cluster = \"a\\nb\"", "control characters"),
        ("tolerance = \"99h\"", "5 min"),
    ])
    func `advice suits the setting`(_ line: String, _ advice: String) async throws {
        let path = folder + "/agent.toml"
        try Data("\(line)\n".utf8).write(to: URL(fileURLWithPath: path))
        let result = try await Program.run(["config", "--config", path])
        #expect(result.status != 0 && result.errors.contains(advice), "\(result.errors)")
    }

    @Test func `a misspelt variable is named, and a file may come from one`() async throws {
        let path = folder + "/agent.toml"
        try Data("name = \"n7\"\n".utf8).write(to: URL(fileURLWithPath: path))
        let result = try await Program.run(
            ["config"], environment: ["IRIDIUM_NMAE": "x", "IRIDIUM_CONFIG": path])
        #expect(result.status == 0 && result.output.contains("n7"), "\(result.errors)")
        #expect(result.errors.contains("IRIDIUM_NMAE is no setting; did you mean IRIDIUM_NAME?"))
    }
}
