import Foundation
import IridiumJSON
import Testing

/// The program from outside: nodes, clients, programs, pipes.
@Suite(.serialized, .timeLimit(.minutes(10))) struct CommandLineTests {
    private let folder = Folder()

    private var root: [String] { ["--data-root-dir", folder.path] }

    @Test func `two agents become a cluster, and clients see it`() async throws {
        let options = root + ["--bind", "127.0.0.1:0", "--profile", "local", "--json"]
        let first = try Program(["agent", "--name", "n1"] + options)
        let ready = try #require(await first.nextLine())
        let address = try #require(value("address", in: ready))
        let second = try Program(["agent", "--name", "n2", "--seed", address] + options)
        #expect(await second.nextLine(containing: "iridium.ready/1") != nil)
        let wait = try await Program.run(
            ["wait", "--members", "2", "--agent", "n1", "--timeout", "60s"] + root)
        #expect(wait.status == 0)
        let members = try await Program.run(["members", "--agent", "n2"] + root)
        #expect(members.output.hasPrefix("NAME  STATE  ADDRESS"))
        #expect(members.output.contains("2 alive, 0 suspect, 0 dead, 0 left."))
        let json = try await Program.run(["members", "--json", "--agent", "n2"] + root)
        #expect(value("schema", in: json.output) == "iridium.members/1")
        let several = try await Program.run(["status"] + root)
        #expect(several.errors.contains("[IR-43]"))
        #expect(several.status == 64)
        let agents = try await Program.run(["agents"] + root)
        #expect(agents.output.split(separator: "\n").count == 3)

        let monitor = try Program(["monitor", "--agent", "n1"] + root)
        #expect(await monitor.nextLine(containing: "n2") != nil)
        let sent = try await Program.run(
            ["send", "-", "--type", "7", "--agent", "n2"] + root, input: "a\u{1B}[2J")
        #expect(sent.output == "Sent to 1 member.\n")
        #expect(sent.status == 0)
        let message = try #require(await first.nextLine(containing: #""event":"message""#))
        #expect(message.contains(#""type":7,"bytes":5,"text":"a\u001b[2J","hex":null"#))
        let shown = try #require(await monitor.nextLine(containing: "message 7"))
        #expect(shown.hasSuffix(#"  n2  message 7         a\u{1b}[2J"#))
        second.signal(SIGTERM)
        #expect(await second.finish().status == 0)
        #expect(await first.nextLine(containing: #""event":"left""#) != nil)
        let alone = try await Program.run(["send", "hi", "--json"] + root)
        #expect(
            alone.output.hasPrefix(#"{"schema":"iridium.send/1","node":"n1","type":0,"bytes":2,"#))
        #expect(try await Program.run(["forget", "n2"] + root).status == 0)
        #expect(try await Program.run(["leave"] + root).status == 0)
        #expect(await first.finish().status == 0)
        #expect(await monitor.finish().status == 69)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path + "/run") == [])
    }

    @Test func `an agent outlives those who read its output`() async throws {
        let agent = try Program(["agent", "--name", "n1", "--bind", "127.0.0.1:0"] + root)
        #expect(await agent.nextLine()?.hasPrefix("ready n1 (id ") == true)
        agent.stopListening()
        let other = try Program(["agent", "--name", "n2", "--bind", "127.0.0.1:0"] + root)
        let line = try #require(await other.nextLine())
        let address = try #require(
            line.split(separator: " ").first { $0.hasPrefix("127.0.0.1:") }?.dropLast())
        let join = try await Program.run(["join", String(address), "--agent", "n1"] + root)
        #expect(join.output.hasPrefix("Connected to cluster!\n"))
        for program in [agent, other] {
            program.signal(SIGTERM)
            #expect(await program.finish().status == 0)
        }
    }

    @Test func `the prompt in a pipe answers line by line and ends with its input`() async throws {
        let result = try await Program.run(
            root + ["--node-alias", "n1", "-P", "0"],
            input: "load $0 #5\n!registers\n!start_cluster\n!cluster_members\n!cluster_membrs\n")
        #expect(result.status == 0)
        // Scripts know the one prompt after the banner; there is no other.
        #expect(result.output.components(separatedBy: ">>>").count == 2)
        let order = [
            "Welcome to Iridium!", "    5,\n", "Started cluster server!", "(new, in ",
            "Listing Known Nodes:", "this node", "did you mean !cluster_members? [IR-41]",
            "Farewell! Have a great day!",
        ]
        var rest = result.output[...]
        for text in order {
            let range = try #require(rest.range(of: text), "\(text) in:\n\(result.output)")
            rest = rest[range.upperBound...]
        }
    }

    @Test func `a spawned program of a script is heard before the end`() async throws {
        let path = try folder.write(
            "hello.iasm", ".data\nh: .asciiz 'Hello!'\n.code\nprts @h\nhlt\n")
        let result = try await Program.run(root, input: "!spawn \(path)\n")
        #expect(
            result.output.contains("Hello!VM Events\n")
                || result.output.contains("Hello!\nVM Events\n"))
        #expect(result.output.contains("GracefulStop"))
    }

    @Test func `a program that is told to end leaves its cluster first`() async throws {
        let program = try Program(root + ["--node-alias", "n1", "-P", "0"])
        program.type("!start_cluster\n")
        #expect(await program.nextLine(containing: "Started cluster server!") != nil)
        program.signal(SIGTERM)
        #expect(await program.finish().status == 0)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path + "/run") == [])
    }

    @Test func `a file is run and its stop code is the exit code`() async throws {
        let good = try folder.write(
            "good.iasm", ".data\n.code\nload $0 #4\nload $1 #3\nmul $0 $1 $2\nhlt\n")
        let run = try await Program.run([good])
        #expect(run.output.hasPrefix("[\n    4,\n    3,\n    12,\n"))
        #expect(run.status == 0)
        let fall = try folder.write("fall.iasm", ".data\n.code\nload $0 #4\n")
        #expect(try await Program.run([fall]).status == 1)
        let crash = try folder.write("crash.iasm", ".data\n.code\ndiv $0 $1 $2\nhlt\n")
        #expect(try await Program.run(["run", crash]).status == 4)
        let bad = try folder.write("bad.iasm", ".data\n.code\nlaod $0 #4\n")
        let failed = try await Program.run(["run", bad, "--json"])
        #expect(value("schema", in: failed.output) == "iridium.assembly/1")
        #expect(failed.status == 65)
        #expect(failed.errors == "")
        let told = try await Program.run([bad])
        #expect(told.errors.contains("cannot assemble \(bad): 1 error [IR-47]"))
        #expect(told.status == 65)
    }

    @Test func `a program that prints for ever ends with its reader`() async throws {
        let loop = try folder.write(
            "spam.iasm", ".data\ns: .asciiz 'spam\n'\n.code\nx: prts @s\neq $0 $0\ndjmpe @x\n")
        let program = try Program([loop])
        #expect(await program.nextLine() == "spam")
        program.stopListening()
        #expect(await program.finish().status == 1)
        let prompt = try Program(root)
        prompt.type("!load_file \(loop)\n")
        #expect(await prompt.nextLine(containing: "spam") != nil)
        prompt.stopListening()
        #expect(await prompt.finish().status == 0)
    }

    @Test func `an image with a damaged header crashes and is not read as source`() async throws {
        let image = try folder.write("p.pie", "EPIX" + String(repeating: "\0", count: 64))
        let result = try await Program.run(["run", image, "--state", "json"])
        #expect(result.status == 1)
        #expect(result.output.contains(#""events":[{"event":"Start"},{"event":"Crash","code":1}]"#))
    }

    @Test func `an image is made and runs as its source does`() async throws {
        let source = try folder.write("p.iasm", ".data\n.code\nload $0 #4\nhlt\n")
        let image = folder.path + "/p.pie"
        #expect(try await Program.run(["asm", source, "-o", image]).status == 0)
        let one = try await Program.run(["run", source, "--state", "json"])
        let two = try await Program.run(["run", image, "--state", "json"])
        #expect(one.output == two.output)
        #expect(value("schema", in: one.output) == "iridium.machine/1")
        let listing = try await Program.run(["disasm", image])
        let again = try folder.write("again.iasm", listing.output)
        #expect(try await Program.run(["asm", again, "-o", image + "2"]).status == 0)
        let manager = FileManager.default
        #expect(manager.contents(atPath: image) == manager.contents(atPath: image + "2"))
        let strange = try await Program.run(["disasm", source])
        #expect(strange.errors.hasPrefix("iridium: cannot disassemble \(source): "))
        #expect(strange.errors.contains("[IR-54]"))
        #expect(strange.status == 65)
        let unwritable = try await Program.run(["asm", source, "-o", folder.path + "/no/p.pie"])
        #expect(unwritable.errors.contains("[IR-18]"))
        #expect(unwritable.errors.contains("try: -o IMAGE in another place"))
        #expect(unwritable.status == 73)
        let loop = try folder.write("l.iasm", ".data\n.code\nx: eq $0 $0\ndjmpe @x\n")
        #expect(try await Program.run(["run", loop, "--steps", "1000"]).status == 75)
    }

    @Test func `keys are shown by their fingerprints alone`() async throws {
        let path = folder.path + "/k"
        let made = try await Program.run(["keygen", "--out", path, "--json"])
        let fingerprint = try #require(value("key", in: made.output))
        #expect(fingerprint.count == 8)
        #expect(try await Program.run(["keys", "id", path]).output == fingerprint + "\n")
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }

    @Test(arguments: [
        (["--seed", "127.0.0.1:1", "agent"], "iridium agent --seed 127.0.0.1:1"),
        (["--agent", "n1", "members"], "iridium members --agent n1"),
        (["--timeout", "1s", "wait", "--members", "3"], "iridium wait --timeout 1s --members 3"),
        (["--name", "n1", "members"], "iridium members [options]      iridium help members lists"),
        (["--cluster", "a b", "agent"], "iridium agent --cluster 'a b'"),
    ])
    func `a command behind its options is told where it belongs`(
        _ arguments: [String], _ usage: String
    ) async throws {
        let result = try await Program.run(arguments)
        #expect(result.errors.contains("is a command: write it before the options [IR-40]"))
        #expect(result.errors.contains("usage: " + usage))
        #expect(result.status == 64)
    }

    @Test func `the value of an option is no command, and an option may be misspelt`()
        async throws
    {
        let named = try await Program.run(root + ["--name", "agent"], input: "!quit\n")
        #expect(named.status == 0)
        let misspelt = try await Program.run(["--nmae", "x", "--seed"])
        #expect(misspelt.status == 64)
        #expect(!misspelt.errors.contains("is a command"))
        #expect(misspelt.errors.contains("Missing value for '--seed <seed>'"))
        #expect(misspelt.errors.hasSuffix("[IR-40]\n  usage: iridium help repl\n"))
    }

    @Test(arguments: [
        (["simulate", "run", "--nodes", "0"], "IR-40", "iridium help simulate run"),
        (["keys", "rotate", "--nonsense"], "IR-40", "iridium help keys rotate"),
        (["wait", "--members", "0"], "IR-31", "iridium help wait"),
        (["agent", "--tolerance", "9h"], "IR-31", "iridium help agent"),
        (["members", "--json", "--nonsense"], "IR-40", "iridium help members"),
    ])
    func `who is wrong about an option is sent to the help that lists it`(
        _ arguments: [String], _ code: String, _ help: String
    ) async throws {
        let result = try await Program.run(arguments)
        #expect(result.errors.contains(code))
        #expect(result.errors.contains(help))
        #expect(result.status == 64)
    }

    @Test func `a program's state is JSON where JSON is asked for`() async throws {
        let path = try folder.write("p.iasm", ".data\n.code\nload $0 #4\nhlt\n")
        for arguments in [["run", path, "--json"], [path, "--json"]] {
            let result = try await Program.run(arguments)
            #expect(value("schema", in: result.output) == "iridium.machine/1")
            #expect(result.status == 0)
        }
    }

    @Test func `who follows the invitation of a node with a data root of its own joins it`()
        async throws
    {
        let program = try Program(root + ["--node-alias", "n1", "-P", "0"])
        program.type("!start_cluster\n")
        let line = try #require(await program.nextLine(containing: "Join from another terminal:"))
        #expect(line.contains("iridium --data-root-dir \(folder.path) --node-alias n2 -P "))
        let join = try #require(line.components(separatedBy: "   then   ").last)
        let other = try await Program.run(
            root + ["--node-alias", "n2", "-P", "0"], input: join + "\n")
        #expect(other.output.contains("Connected to cluster!"))
        program.type("!quit\n")
        #expect(await program.finish().status == 0)
    }

    @Test func `messages are explained, help and version are there`() async throws {
        let explained = try await Program.run(["explain", "ir-4"])
        #expect(explained.output.contains("IR-04"))
        #expect(explained.output.contains("Exit code 69"))
        #expect(try await Program.run(["--version"]).output == "iridium 0.2.0\n")
        let version = try JSONReader.parse(
            try await Program.run(["version", "--json"]).output.utf8)
        #expect(version["schema"]?.text == "iridium.version/1")
        #expect(version["version"]?.text == "0.2.0")
        #expect(version["libsodium"]?.text?.isEmpty == false)
        let help = try await Program.run(["--help"]).output
        #expect(!help.contains("\n  rotate "))
    }
}
