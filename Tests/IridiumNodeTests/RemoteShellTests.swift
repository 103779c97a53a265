import IridiumNode
import IridiumShell
import Membership
import RawClient
import Testing

@Suite(.serialized, .timeLimit(.minutes(10))) struct RemoteShellTests {
    private let folder = TemporaryFolder()

    private func withShell(_ body: @escaping @Sendable (UInt16) throws -> Void) async throws {
        var settings = NodeSettings(directory: DataDirectory(option: folder.path))
        settings.bind = Endpoint(.v4(0x7F00_0001), port: 0)
        let node = Node(settings: settings, logger: Cluster.silentLogger)
        let shell = try await RemoteShell.start(
            at: Endpoint(.v4(0x7F00_0001), port: 0), node: node)
        let port = shell.endpoint.port
        let result = await Blocking.run { Result { try body(port) } }
        await shell.stop()
        await node.stop()
        try result.get()
    }

    @Test func `one line is one request; its answer ends with the prompt`() async throws {
        try await withShell { port in
            let client = try RawClient(connectingTo: port)
            #expect(
                try client.read(until: ">>> ") == "Welcome to Iridium! Let's be productive!\n>>> ")
            client.send("load $0 #100\r\n")
            #expect(try client.read(until: ">>> ") == ">>> ")
            client.send("!registers\n")
            #expect(try client.read(until: ">>> ").contains("    100,\n"))
            client.send("!registers\n")
            let again = try client.read(until: ">>> ")
            #expect(again.hasSuffix("End of Register Listing\n>>> "))
        }
    }

    @Test func `each connection has a machine of its own, and quitting ends that one only`()
        async throws
    {
        try await withShell { port in
            let one = try RawClient(connectingTo: port)
            let two = try RawClient(connectingTo: port)
            for client in [one, two] { _ = try client.read(until: ">>> ") }
            one.send("load $0 #100\n")
            _ = try one.read(until: ">>> ")
            #expect(try one.exchange("!quit\n") == "Farewell! Have a great day!\n")
            two.send("!registers\n")
            #expect(!(try two.read(until: ">>> ")).contains("100"))
        }
    }

    @Test(arguments: [
        "!start_cluster", "!join_cluster 127.0.0.1 1", "!load_file /etc/passwd", "!spawn x",
    ])
    func `the cluster and files are out of reach`(line: String) async throws {
        try await withShell { port in
            let client = try RawClient(connectingTo: port)
            _ = try client.read(until: ">>> ")
            client.send(line + "\n")
            #expect(try client.read(until: ">>> ").contains("[IR-46]"))
        }
    }

    @Test func `an endless program of one connection does not hold up another`() async throws {
        try await withShell { port in
            let busy = try RawClient(connectingTo: port)
            _ = try busy.read(until: ">>> ")
            busy.send("jmp $31\n")
            let other = try RawClient(connectingTo: port)
            _ = try other.read(until: ">>> ")
            other.send("!registers\n")
            #expect(try other.read(until: ">>> ").contains("End of Register Listing"))
        }
    }

    @Test func `a line without end closes the connection`() async throws {
        try await withShell { port in
            let client = try RawClient(connectingTo: port)
            _ = try client.read(until: ">>> ")
            let answer = try client.exchange(String(repeating: "x", count: 20_000))
            // Our own unread bytes may cost the farewell, never the close.
            #expect(answer.isEmpty || answer.contains("at most 8192 bytes"))
        }
    }

    @Test func `a connection has a small machine, few labels and a short history`() async throws {
        try await withShell { port in
            let client = try RawClient(connectingTo: port)
            _ = try client.read(until: ">>> ")
            var answers = ""
            for line in ["load $1 #1023", "lui $1 #65000", "aloc $1"] {
                client.send(line + "\n")
                answers = try client.read(until: ">>> ")
            }
            #expect(answers.contains("the limit is 1048576"))
            for part in 0..<3 {
                let labels = (0..<400).map { "x\(part * 400 + $0): nop" }
                client.send(labels.joined(separator: " ") + "\n")
                answers = try client.read(until: ">>> ")
            }
            #expect(
                answers
                    == "The symbols table is full (1024 labels); !clear_program makes room.\n>>> ")
            let line = "; " + String(repeating: "x", count: 8_000) + "\n"
            for _ in 0..<20 {
                client.send(line)
                _ = try client.read(until: ">>> ")
            }
            client.send("!history\n")
            #expect(try client.read(until: ">>> ").utf8.count < 80_000)
        }
    }

    @Test func `a program of a connection has a bound`() async throws {
        try await withShell { port in
            let client = try RawClient(connectingTo: port)
            _ = try client.read(until: ">>> ")
            let line = String(repeating: "nop ", count: 2_000) + "\n"
            var answer = ""
            for _ in 0..<9 {
                client.send(line)
                answer = try client.read(until: ">>> ")
            }
            #expect(answer.contains("The program is full (65536 bytes)"))
        }
    }

    @Test func `connections have a bound`() async throws {
        try await withShell { port in
            let held = try (0..<RemoteShell.mostConnections).map { _ in
                let client = try RawClient(connectingTo: port)
                _ = try client.read(until: ">>> ")
                return client
            }
            let extra = try RawClient(connectingTo: port)
            #expect(try extra.readToEnd() == "Too many connections; come back later.\n")
            #expect(held.count == RemoteShell.mostConnections)
        }
    }
}
