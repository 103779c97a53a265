import Foundation
import IridiumShell
import Testing

/// Each message that a command line can provoke, provoked; with its exit code.
@Suite(.serialized, .timeLimit(.minutes(10))) struct MessageTests {
    private let folder = Folder()

    private func agent(
        _ name: String, _ more: [String] = [], bind: String = "127.0.0.1:0"
    ) throws -> Program {
        try Program(
            [
                "agent", "--name", name, "--bind", bind, "--data-root-dir", folder.path,
                "--profile", "local", "--json",
            ] + more)
    }

    /// The port of a started agent: its first line has it.
    private func port(of agent: Program) async throws -> Int {
        let line = try #require(await agent.nextLine())
        let ready = try #require(
            try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        #expect(ready["schema"] as? String == "iridium.ready/1")
        let address = try #require(ready["address"] as? String)
        return try #require(address.split(separator: ":").last.flatMap { Int($0) })
    }

    private func expect(
        _ code: String, exit status: Int32, from arguments: [String], input: String = "",
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let result = try await Program.run(arguments, input: input)
        #expect(result.errors.contains("[\(code)]"), sourceLocation: sourceLocation)
        #expect(result.status == status, sourceLocation: sourceLocation)
    }

    @Test func `a taken port is told with its holder`() async throws {
        let first = try agent("n1")
        let port = try await port(of: first)
        let result = try await Program.run([
            "agent", "--name", "n2", "--bind", "127.0.0.1:\(port)", "--data-root-dir", folder.path,
        ])
        #expect(result.errors.contains("cannot listen on 127.0.0.1:\(port)"))
        #expect(result.errors.contains("[IR-01]"))
        #if os(Linux)
            #expect(result.errors.contains("iridium agent --name n1"))
            #expect(result.errors.contains("iridium leave --agent n1"))
        #endif
        #expect(result.status == 69)
        first.signal(SIGTERM)
        #expect(await first.finish().status == 0)
    }

    @Test func `refusals of a member are told at the prompt`() async throws {
        let first = try agent("n1")
        let port = try await port(of: first)
        let join = "!join_cluster 127.0.0.1 \(port)\n"
        let other = Folder()
        let strange = try await Program.run(
            ["--data-root-dir", other.path, "-P", "0", "--node-alias", "n2"], input: join)
        #expect(strange.output.contains("Could not connect to cluster!\n"))
        #expect(strange.output.contains("[IR-02]"))
        #expect(strange.status == 0)
        let key = [
            "--key-file", folder.path + "/cluster.key", "--data-root-dir", other.path, "-P", "0",
        ]
        let elsewhere = try await Program.run(key + ["--cluster", "other"], input: join)
        #expect(elsewhere.output.contains("[IR-03]"))
        let namesake = try await Program.run(key + ["--node-alias", "n1"], input: join)
        #expect(namesake.output.contains("[IR-07]"))
        #expect(namesake.output.contains("--node-alias n1b"))
        // An agent that is refused by its seed says so, however quick the seed is, and goes on.
        for (code, more) in [
            ("IR-02", ["--data-root-dir", other.path]), ("IR-03", key + ["--cluster", "other"]),
        ] {
            let refused = try Program(
                ["agent", "--bind", "127.0.0.1:0", "--seed", "127.0.0.1:\(port)"] + more)
            #expect(await refused.nextComplaint() == code)
            refused.signal(SIGTERM)
            #expect(await refused.finish().status == 0)
        }
        first.signal(SIGTERM)
        #expect(await first.finish().status == 0)
    }

    @Test func `what a join needs is said`() async throws {
        let first = try agent("n1")
        let port = try await port(of: first)
        let join = { (seed: String) in ["join", seed, "--data-root-dir", folder.path] }
        try await expect("IR-13", exit: 64, from: join("127.0.0.1:\(port)"))
        try await expect("IR-14", exit: 64, from: join("::1:2254"))
        try await expect("IR-15", exit: 68, from: join("no-such-host.invalid:2254"))
        let family = try await Program.run(join("[::1]:2254"))
        #expect(family.errors.contains("this node listens only on 127.0.0.1"))
        #expect(family.status == 69)
        // Whoever takes this node in would be told to call 127.0.0.1.
        let routable = try await Program.run(join("192.0.2.1:2254"))
        #expect(routable.errors.contains("cannot reach 192.0.2.1:2254 [IR-04]"))
        #expect(routable.errors.contains("start it with -H and an address of this host"))
        #expect(routable.status == 69)
        try await expect(
            "IR-04", exit: 69,
            from: ["agent", "--seed", "192.0.2.1:2254", "--data-root-dir", folder.path])
        try await expect("IR-04", exit: 69, from: join("127.0.0.1:1"))
        try await expect(
            "IR-44", exit: 75,
            from: ["wait", "--members", "2", "--timeout", "50ms", "--data-root-dir", folder.path])
        try await expect(
            "IR-48", exit: 2, from: ["forget", "nobody", "--data-root-dir", folder.path])
        first.signal(SIGTERM)
        #expect(await first.finish().status == 0)
    }

    @Test func `one name is one process`() async throws {
        let first = try agent("n1")
        _ = try await port(of: first)
        let result = await (try agent("n1")).finish()
        #expect(result.errors.contains(#""code":"IR-32""#))
        #expect(result.status == 78)
        first.signal(SIGTERM)
        #expect(await first.finish().status == 0)
    }

    @Test func `keys that cannot be used are left as they are`() async throws {
        let made = folder.path + "/made.key"
        #expect(try await Program.run(["keygen", "--out", made]).status == 0)
        let start = [
            "agent", "--bind", "127.0.0.1:0", "--data-root-dir", folder.path, "--key-file",
        ]
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: made)
        try await expect("IR-11", exit: 77, from: start + [made])
        try await expect("IR-51", exit: 65, from: start + [folder.path + "/none.key"])
        let damaged = try folder.write("damaged.key", "nonsense\n")
        try await expect("IR-21", exit: 78, from: start + [damaged])
        #expect(FileManager.default.contents(atPath: damaged) == Data("nonsense\n".utf8))
        try await expect("IR-52", exit: 73, from: ["keygen", "--out", made])
        let nowhere = try await Program.run(["keygen", "--out", folder.path + "/no/made.key"])
        #expect(nowhere.errors.contains("[IR-18]") && nowhere.errors.contains("try: --out FILE"))
        #expect(nowhere.status == 73)
    }

    @Test func `an address is said once`() async throws {
        let root = ["--data-root-dir", folder.path]
        let twice = try await Program.run(["agent", "--bind", "127.0.0.1:0", "-P", "5"] + root)
        #expect(twice.errors.contains("--bind 127.0.0.1:0 contradicts -P [IR-40]"))
        #expect(twice.status == 64)
        try await expect(
            "IR-40", exit: 64, from: ["agent", "--bind", "127.0.0.1:0", "-H", "127.0.0.2"] + root)
        let apart = try await Program.run(
            ["--bind", "127.0.0.1", "-P", "0"] + root, input: "!start_cluster\n")
        #expect(apart.output.contains("Started cluster server!"))
    }

    @Test func `an address of another host is not to be had by another port`() async throws {
        let result = try await Program.run([
            "agent", "--bind", "192.0.2.1:0", "--data-root-dir", folder.path,
        ])
        #expect(result.errors.contains("[IR-01]"))
        #expect(result.errors.contains("try: an address of this host: -H "))
        #expect(result.status == 69)
    }

    @Test func `a report that cannot be written is told before the run`() async throws {
        let result = try await Program.run([
            "simulate", "run", "--nodes", "2", "--seconds", "1", "--report",
            folder.path + "/no/r.html",
        ])
        #expect(result.errors.contains("[IR-18]"))
        #expect(result.output == "")
        #expect(result.status == 73)
    }

    @Test func `a word that is not UTF-8 is not sent as another`() async throws {
        let result = try await Program.run(
            ["-c", #"exec "$0" send "$(printf 'a\377')""#, Program.path], executable: "/bin/sh")
        #expect(result.errors.contains("word 2 is not UTF-8 [IR-40]"))
        #expect(result.status == 64)
    }

    @Test func `metadata that was set is shown`() async throws {
        let first = try agent("n1", ["--metadata", "rack 7"])
        _ = try await port(of: first)
        let root = ["--data-root-dir", folder.path]
        let before = try await Program.run(["members", "--json"] + root)
        #expect(before.output.contains(#""metadata":"rack 7","metadata_hex":null"#))
        #expect(try await Program.run(["metadata", "rack 8"] + root).status == 0)
        let after = try await Program.run(["members", "--json"] + root)
        #expect(after.output.contains(#""metadata":"rack 8""#))
        first.signal(SIGTERM)
        #expect(await first.finish().status == 0)
    }

    @Test func `a prompt without a name works where nothing can be written`() async throws {
        let file = try folder.write("file", "")
        let root = ["--data-root-dir", file + "/root"]
        let result = try await Program.run(root, input: "load $0 #7\n!registers\n")
        #expect(result.errors.contains("[IR-18]"))
        #expect(result.output.contains("    7,\n"))
        #expect(result.status == 0)
        try await expect("IR-18", exit: 73, from: root + ["--name", "n1"])
    }

    @Test func `values that cannot be are said before anything starts`() async throws {
        let start = ["agent", "--data-root-dir", folder.path]
        try await expect("IR-05", exit: 78, from: start + ["--bind", "0.0.0.0:0"])
        try await expect("IR-12", exit: 64, from: start + ["--name", "bad name!"])
        try await expect("IR-14", exit: 64, from: start + ["--bind", "::1:2254"])
        try await expect("IR-15", exit: 68, from: start + ["-H", "no-such-host.invalid"])
        try await expect(
            "IR-30", exit: 64, from: start + ["--metadata", String(repeating: "x", count: 611)])
        try await expect("IR-31", exit: 64, from: start + ["--profile", "moon"])
        try await expect("IR-31", exit: 64, from: start + ["--tolerance", "6m"])
        try await expect("IR-31", exit: 64, from: start + ["-P", "70000"])
        let long = String(repeating: "x", count: 1_025)
        let send = ["--data-root-dir", folder.path]
        try await expect("IR-33", exit: 64, from: ["send", long] + send)
        try await expect("IR-33", exit: 64, from: ["send", "-"] + send, input: long)
        try await expect("IR-42", exit: 69, from: ["send", String(long.dropLast())] + send)
        let file = try folder.write("file", "")
        try await expect(
            "IR-18", exit: 73,
            from: ["agent", "--bind", "127.0.0.1:0", "--data-root-dir", file + "/root"])
    }

    @Test func `without an agent a client says where it looked`() async throws {
        let result = try await Program.run(["members", "--data-root-dir", folder.path])
        #expect(result.errors.contains("[IR-42]"))
        #expect(result.errors.contains(folder.path + "/run"))
        #expect(result.status == 69)
        let json = try await Program.run(["members", "--json", "--data-root-dir", folder.path])
        #expect(json.errors.hasPrefix(#"{"schema":"iridium.error/1","code":"IR-42","exit":69,"#))
    }

    @Test func `a misspelt command is no file`() async throws {
        let result = try await Program.run(["membrs"])
        #expect(result.errors.contains("did you mean iridium members?"))
        #expect(result.status == 64)
        try await expect("IR-51", exit: 65, from: ["./membrs"])
    }

    @Test(arguments: [
        (3, "IR-16", 76), (4, "IR-23", 69), (7, "IR-23", 69), (6, "IR-22", 76),
    ])
    func `a refusal in clear has its message`(reason: UInt8, code: String, status: Int32)
        async throws
    {
        let stranger = try FakeSeed(saying: [0x49, 0x1F, 0, reason, 0, 0, 0, 0])
        let first = try agent("n1")
        _ = try await port(of: first)
        let join = ["join", "127.0.0.1:\(stranger.port)", "--data-root-dir", folder.path]
        try await expect(code, exit: status, from: join)
        first.signal(SIGTERM)
        #expect(await first.finish().status == 0)
    }

    @Test func `who speaks something else is no node`() async throws {
        let stranger = try FakeSeed(saying: Array("SSH-2.0-OpenSSH_9.2\r\n".utf8))
        let first = try agent("n1")
        _ = try await port(of: first)
        let join = ["join", "127.0.0.1:\(stranger.port)", "--data-root-dir", folder.path]
        try await expect("IR-22", exit: 76, from: join)
        first.signal(SIGTERM)
        #expect(await first.finish().status == 0)
    }

    @Test func `a member that datagrams do not reach is told of`() async throws {
        // It has others call a port that is taken for TCP only: streams reach it where it listens,
        // datagrams go where nobody is.
        let deaf = try FakeSeed(saying: [])
        let listening = try FakeSeed(saying: []).port
        let first = try agent(
            "n1", ["--advertise", "127.0.0.1:\(deaf.port)"], bind: "127.0.0.1:\(listening)")
        #expect(try await port(of: first) == Int(deaf.port))
        let result = try await Program.run(
            ["-P", "0", "--node-alias", "n2", "--data-root-dir", folder.path],
            input: "!join_cluster 127.0.0.1 \(listening)\n")
        #expect(result.output.contains("[IR-08]"))
        #expect(result.output.contains("gets no UDP from us; TCP works"))
        first.signal(SIGTERM)
        #expect(await first.finish().status == 0)
    }

    @Test func `a copied data directory is told on the copy, which stops`() async throws {
        let first = try agent("n1")
        let port = try await port(of: first)
        let copy = Folder()
        for name in ["cluster.key", "nodes"] {
            try FileManager.default.copyItem(
                atPath: folder.path + "/" + name, toPath: copy.path + "/" + name)
        }
        let second = try await Program.run([
            "agent", "--name", "n1", "--bind", "127.0.0.1:0", "--data-root-dir", copy.path,
            "--seed", "127.0.0.1:\(port)",
        ])
        #expect(second.errors.contains("[IR-20]"))
        #expect(second.errors.contains("n1 (127.0.0.1) already uses our node id"))
        #expect(second.status == 78)
        let atPrompt = try await Program.run(
            ["--node-alias", "n1", "-P", "0", "--data-root-dir", copy.path],
            input: "!join_cluster 127.0.0.1 \(port)\n!cluster_members\n")
        #expect(atPrompt.output.components(separatedBy: "[IR-20]").count == 2)
        #expect(atPrompt.status == 0)
        let status = try await Program.run(["status", "--data-root-dir", folder.path])
        #expect(status.status == 0)
        first.signal(SIGTERM)
        #expect(await first.finish().status == 0)
    }

    @Test func `a damaged identity is told with its way out, which is taken by a word`()
        async throws
    {
        let first = try agent("n1")
        _ = try await port(of: first)
        let locked = try await Program.run(["id", "--reset", "n1", "--data-root-dir", folder.path])
        #expect(locked.errors.contains("[IR-32]"))
        first.signal(SIGTERM)
        #expect(await first.finish().status == 0)
        let path = folder.path + "/nodes/n1/identity.key"
        let whole = try String(contentsOfFile: path, encoding: .utf8)
        try String(whole.prefix(30)).write(toFile: path, atomically: false, encoding: .utf8)

        let arguments = [
            "agent", "--name", "n1", "--bind", "127.0.0.1:0", "--data-root-dir", folder.path,
        ]
        let second = try await Program.run(arguments)
        #expect(second.status == 78)
        #expect(second.errors.contains("cannot start as n1: \(path): it is damaged"))
        #expect(second.errors.contains("iridium id --reset n1 --data-root-dir \(folder.path)"))
        #expect(second.errors.contains("[IR-24]"))
        let shown = try await Program.run(["id", "--data-root-dir", folder.path])
        #expect(shown.status == 2)
        #expect(shown.output.contains("it is damaged"))

        let reset = try await Program.run(
            ["id", "--reset", "n1", "--json", "--data-root-dir", folder.path])
        #expect(reset.status == 0)
        #expect(reset.output.contains("\"schema\":\"iridium.id-reset/1\""))
        let after = try await Program.run(["id", "n1", "--data-root-dir", folder.path])
        #expect(after.status == 0)
        #expect(!after.output.contains("damaged"))
        let third = try agent("n1")
        _ = try await port(of: third)
        third.signal(SIGTERM)
        #expect(await third.finish().status == 0)
    }

    @Test(arguments: [8, 12, 20, 28]) func `a process may be allowed too few files`(limit: Int)
        async throws
    {
        let result = try await Program.run(
            ["-c", "ulimit -n \(limit); exec \"$0\" \"$@\"", Program.path]
                + ["agent", "--bind", "127.0.0.1:0", "--data-root-dir", folder.path],
            executable: "/bin/sh")
        #expect(result.errors.contains("\(limit) of \(limit) files are open [IR-19]"))
        #expect(result.status == 71)
    }

    @Test func `a taken port of the remote prompt is told with its own option`() async throws {
        let taken = try FakeSeed(saying: [])
        let result = try await Program.run([
            "--data-root-dir", folder.path, "-r", "-p", "\(taken.port)",
        ])
        #expect(result.errors.contains("[IR-01]"))
        #expect(result.errors.contains("another port: -p "))
        #expect(result.status == 69)
    }

    @Test func `a stopped agent is told of, and does not do later what it was asked`() async throws
    {
        let first = try agent("n1")
        _ = try await port(of: first)
        first.signal(SIGSTOP)
        let root = ["--data-root-dir", folder.path]
        let leave = try await Program.run(["leave"] + root)
        #expect(leave.errors.contains("the agent n1 (process "))
        #expect(leave.errors.contains("[IR-57]"))
        #if os(Linux)
            #expect(leave.errors.contains("its process is stopped"))
            #expect(leave.errors.contains("try: kill -CONT "))
        #endif
        #expect(leave.status == 75)
        let agents = try await Program.run(["agents"] + root)
        #expect(!agents.output.contains(" 0 "))
        #expect(agents.output.contains("?"))
        let json = try await Program.run(["agents", "--json"] + root)
        #expect(json.output.contains(#""answers":false"#))
        first.signal(SIGCONT)
        let status = try await Program.run(["status"] + root)
        #expect(status.status == 0)
        #expect(status.output.contains("\"default\""))
        first.signal(SIGTERM)
        #expect(await first.finish().status == 0)
    }

    @Test func `what a message advises to run is there to be run`() async throws {
        var commands: Set<String> = []
        for message in IridiumError.samples {
            for match in (message.advice ?? "").matches(of: /iridium ([a-z]+)/) {
                commands.insert(String(match.output.1))
            }
        }
        #expect(commands.isSuperset(of: ["agents", "keygen", "leave", "netcheck"]))
        for command in commands.sorted() {
            let help = try await Program.run(["help", command])
            #expect(help.output.contains("USAGE: iridium \(command)"), "iridium \(command)")
        }
        let all = IridiumError.samples.compactMap(\.advice).joined(separator: "\n")
        for match in all.matches(of: /iridium ([a-z]+) (--[a-z-]+)/) {
            let help = try await Program.run(["help", String(match.output.1)])
            #expect(help.output.contains(match.output.2), "iridium \(match.output.1)")
        }
    }
}
