import Foundation
import Testing

/// `iridium keys`: three agents with one key file get another key while they run.
@Suite(.serialized, .timeLimit(.minutes(10))) struct KeysCommandTests {
    private let folder = Folder()

    private var root: [String] { ["--data-root-dir", folder.path] }

    /// So many agents that know each other. Nobody is declared dead meanwhile, however long it is silent.
    private func form(_ count: Int) async throws -> [Program] {
        let options =
            root + ["--bind", "127.0.0.1:0", "--profile", "local", "--tolerance", "5m", "--json"]
        let first = try Program(["agent", "--name", "n1"] + options)
        let ready = try #require(await first.nextLine())
        let address = try #require(value("address", in: ready))
        var agents = [first]
        for number in 2..<(count + 1) {
            let agent = try Program(["agent", "--name", "n\(number)", "--seed", address] + options)
            #expect(await agent.nextLine(containing: "iridium.ready/1") != nil)
            agents.append(agent)
        }
        for number in 1...count {
            try await waitForAll(count, at: "n\(number)")
        }
        return agents
    }

    private func waitForAll(_ count: Int, at agent: String) async throws {
        let command = ["wait", "--members", "\(count)", "--agent", agent, "--timeout", "60s"]
        #expect(try await Program.run(command + root).status == 0)
    }

    private func end(_ agents: [Program]) async {
        for agent in agents { agent.signal(SIGTERM) }
        for agent in agents { #expect(await agent.finish().status == 0) }
    }

    private func keys(_ arguments: String...) async throws -> Program.Result {
        try await Program.run(["keys"] + arguments + root)
    }

    private func sealing(of agent: String) async throws -> String {
        let shown = try await keys("list", "--agent", agent)
        let row = shown.output.split(separator: "\n").first { $0.contains(" seals ") }
        return String(try #require(row?.prefix { $0 != " " }))
    }

    @Test func `a rotation goes on to its end when nobody reads its lines`() async throws {
        let agents = try await form(2)
        let rotation = try Program(["keys", "rotate", "--json", "--agent", "n1"] + root)
        rotation.stopListening()
        #expect(await rotation.finish().status == 0)
        let after = try await keys("list", "--json", "--agent", "n1")
        #expect(value("stage", in: after.output) == "settled")
        #expect(after.output.contains(#""role":"retired""#))
        await end(agents)
    }

    @Test func `all agents seal with a new key after a rotation, and the old one is retired`()
        async throws
    {
        let agents = try await form(3)
        let old = try await sealing(of: "n1")
        let before = try await keys("list", "--agent", "n1")
        #expect(before.output.contains("never rotated"))
        #expect(before.output.hasSuffix("All 3 members show this keyring.\n"))

        let rotated = try await keys("rotate", "--agent", "n2")
        #expect(rotated.status == 0, "\(rotated.errors)")
        for step in ["install", "switch", "retire"] {
            #expect(rotated.output.contains("\n\(step)") || rotated.output.hasPrefix(step))
        }
        #expect(rotated.output.contains("Rotated: 3 members seal with "))
        let new = try await sealing(of: "n1")
        #expect(new != old)
        for agent in ["n2", "n3"] { #expect(try await sealing(of: agent) == new) }
        let after = try await keys("list", "--json", "--agent", "n3")
        #expect(value("schema", in: after.output) == "iridium.keys/1")
        #expect(value("stage", in: after.output) == "settled")
        #expect(after.output.contains(#"{"key":"\#(old)","role":"retired","until":"20"#))
        // The file that all three were given has it too: a fourth joins by it.
        let file = try await Program.run(["keys", "id", folder.path + "/cluster.key"])
        #expect(file.output == new + "\n")
        let text = try String(contentsOfFile: folder.path + "/cluster.key", encoding: .utf8)
        for secret in text.split(whereSeparator: \.isWhitespace) where secret.utf8.count == 64 {
            #expect(!(rotated.output + after.output).contains(secret))
        }
        await end(agents)
    }

    @Test func `a member that does not confirm stops a rotation, and it is finished later`()
        async throws
    {
        let agents = try await form(3)
        let old = try await sealing(of: "n1")
        agents[2].signal(SIGSTOP)
        let stopped = try await keys("rotate", "--timeout", "500ms", "--agent", "n1")
        #expect(stopped.status == 2)
        #expect(stopped.errors.contains("1 member did not confirm: n3 ("))
        #expect(stopped.errors.contains("[IR-25]"))
        #expect(try await sealing(of: "n1") == old)
        let waiting = try await keys("list", "--agent", "n2")
        #expect(waiting.output.contains("a rotation is unfinished: the new key is installed"))
        agents[2].signal(SIGCONT)
        try await waitForAll(3, at: "n2")
        let finished = try await keys("rotate", "--agent", "n2")
        #expect(finished.status == 0, "\(finished.errors)")
        #expect(finished.output.contains("Finished the rotation that was begun: 3 members seal"))
        #expect(try await sealing(of: "n3") != old)
        await end(agents)
    }

    @Test func `a rotation names what it cannot be asked for`() async throws {
        let agents = try await form(1)
        let stranger = try await keys("rotate", "--without", "n9")
        #expect(stranger.errors.contains("there is no member \"n9\""))
        #expect(stranger.status == 2)
        let long = try await keys("rotate", "--grace", "31d")
        #expect(long.errors.contains("--grace cannot be \"31d\" [IR-31]"))
        #expect(long.status == 64)
        let alone = try await keys("rotate", "--grace", "0s", "--json")
        #expect(alone.status == 0)
        let last = try #require(alone.output.split(separator: "\n").last)
        #expect(value("schema", in: String(last)) == "iridium.keys-rotate/1")
        #expect(last.contains(#""old_key_until":null"#))
        #expect(try await keys("list").output.hasSuffix("This node is alone.\n"))
        await end(agents)
        let nobody = try await keys("list")
        #expect(nobody.errors.contains("[IR-42]"))
    }
}
