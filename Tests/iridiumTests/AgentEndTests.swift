import Foundation
import Testing

/// Files that would block an agent, signals in any order, and agents that do not answer.
@Suite(.timeLimit(.minutes(10))) struct AgentEndTests {
    private let place = Folder()
    private var folder: String { place.path }
    private var root: [String] { ["--data-root-dir", folder + "/d"] }
    private static let token = "0123456789abcdef\n"

    private func agent(_ options: [String] = []) async throws -> Program {
        let program = try Program(["agent", "--name", "n1", "-P", "0"] + root + options)
        _ = await program.nextLine(containing: "ready")
        return program
    }

    @Test(arguments: ["token", "seeds", "key"])
    func `a pipe in place of a file stops no agent at a reload`(_ kind: String) async throws {
        let path = folder + "/file"
        let options: [String]
        switch kind {
        case "token":
            try Data(Self.token.utf8).write(to: URL(fileURLWithPath: path))
            options = ["--http", "127.0.0.1:0", "--http-token-file", path]
        case "seeds":
            try Data().write(to: URL(fileURLWithPath: path))
            options = ["--seed", "file:" + path]
        default:
            _ = try await Program.run(["keygen", "--out", path])
            options = ["--key-file", path]
        }
        let program = try await agent(options)
        unlink(path)
        mkfifo(path, 0o600)
        program.signal(SIGHUP)
        #expect(await program.nextComplaint() != nil)
        #expect(try await Program.run(["status"] + root).status == 0)
        program.signal(SIGTERM)
        #expect(await program.finish().status == 0)
    }

    @Test func `a pipe in place of a file is refused at the start`() async throws {
        let path = folder + "/file"
        mkfifo(path, 0o600)
        let all = [
            ["--seed", "file:" + path], ["--http", "127.0.0.1:0", "--http-token-file", path],
            ["--config", path], ["--key-file", path],
        ]
        for options in all {
            let result = try await Program.run(
                ["agent", "--name", "n1", "-P", "0"] + root + options)
            #expect([65, 78].contains(result.status), "\(options): \(result.errors)")
        }
        let config = try await Program.run(["config"] + all[1])
        #expect(config.status == 65 && config.errors.contains("it is not a regular file"))
    }

    @Test func `two signals that come together are one request`() async throws {
        let program = try await agent()
        program.signal(SIGTERM)
        program.signal(SIGTERM)
        program.signal(SIGINT)
        #expect(await program.finish().status == 0)
    }

    /// An agent that a shell starts after these words.
    private func agent(after words: String) async throws -> Program {
        let shell = words + #"; exec "$0" agent --name n1 -P 0 --data-root-dir "$1/d" --json"#
        let program = try Program(["-c", shell, Program.path, folder], executable: "/bin/sh")
        #expect(try await Program.run(["wait", "--members", "1"] + root).status == 0)
        return program
    }

    @Test func `a limit for the size of files ends no agent`() async throws {
        let program = try await agent(after: #"ulimit -f 1; exec > "$1/out""#)
        for number in 0..<12 {
            let text = String(repeating: "x", count: 500) + "\(number)"
            #expect(try await Program.run(["metadata", text] + root).status == 0)
        }
        program.signal(SIGTERM)
        let result = await program.finish()
        #expect(result.status == 0 && result.errors.contains("standard output"))
    }

    @Test func `no command waits for ever for an agent that is stopped`() async throws {
        let program = try await agent()
        program.signal(SIGSTOP)
        // Each command makes up to two connections, and a stopped agent takes none of them.
        let all = try (0..<12).map { _ in try Program(["status"] + root) }
        for one in all { #expect(await one.finish().status == 75) }
        #expect(try await Program.run(["agents"] + root).status == 0)
        program.signal(SIGCONT)
        #expect(try await Program.run(["status"] + root).status == 0)
        program.signal(SIGTERM)
        #expect(await program.finish().status == 0)
    }

    @Test func `a wait outlives the agent that it asked`() async throws {
        let program = try await agent()
        let waiting = try Program(["wait", "--members", "2", "--timeout", "3s"] + root)
        let shell = """
            until "$1" status --data-root-dir "$2" > /dev/null; do :; done; sleep 0.5
            """
        _ = try await Program.run(
            ["-c", shell, "sh", Program.path, folder + "/d"], executable: "/bin/sh")
        program.signal(SIGKILL)
        _ = await program.finish()
        let result = await waiting.finish()
        #expect(result.errors.contains("[IR-42]") && result.status == 69, "\(result.errors)")
    }

    @Test func `an identity that others can read is refused without a new one`() async throws {
        let program = try await agent()
        program.signal(SIGTERM)
        _ = await program.finish()
        let path = folder + "/d/nodes/n1/identity.key"
        chmod(path, 0o644)
        let result = try await Program.run(["agent", "--name", "n1", "-P", "0"] + root)
        #expect(result.status == 77 && result.errors.contains("[IR-11]"), "\(result.errors)")
        #expect(result.errors.contains("chmod 0600 \(path)"))
        unlink(path)
        mkdir(path, 0o700)
        let folder = try await Program.run(["agent", "--name", "n1", "-P", "0"] + root)
        #expect(folder.status == 78 && folder.errors.contains("[IR-24]"), "\(folder.errors)")
    }

    @Test func `rotated keys under another cluster name are no damaged file`() async throws {
        let program = try await agent()
        #expect(try await Program.run(["keys", "rotate"] + root).status == 0)
        program.signal(SIGTERM)
        _ = await program.finish()
        let result = try await Program.run(
            ["agent", "--name", "n1", "-P", "0", "--cluster", "other"] + root)
        #expect(result.status == 78 && result.errors.contains("[IR-03]"), "\(result.errors)")
        #expect(result.errors.contains("--cluster NAME") && !result.errors.contains("keygen"))
    }

    @Test func `an umask takes no right away from the node`() async throws {
        let program = try await agent(after: "umask 777")
        program.signal(SIGTERM)
        let result = await program.finish()
        #expect(result.status == 0, "\(result.errors)")
        var found = stat()
        #expect(stat(folder + "/d/nodes", &found) == 0 && found.st_mode & 0o777 == 0o700)
    }
}
