import Foundation
import Testing

/// What surrounds an agent: readers that go away, disks that are full, signals, removed files.
@Suite(.timeLimit(.minutes(10))) struct FieldTests {
    private let place = Folder()
    private var folder: String { place.path }

    private func root(_ name: String = "d") -> [String] {
        ["--data-root-dir", folder + "/" + name]
    }

    private func agent(
        _ name: String, _ options: [String] = [], environment: [String: String] = [:]
    ) async throws -> Program {
        let program = try Program(
            ["agent", "--name", name, "-P", "0"] + root() + options, environment: environment)
        _ = await program.nextLine(containing: "ready")
        return program
    }

    @Test func `an agent whose output nobody reads ends when it is told to`() async throws {
        let shell = """
            mkfifo "$1/p"; sleep 60 < "$1/p" & reader=$!
            "$2" agent --name n1 -P 0 --data-root-dir "$1/a" --json > "$1/p" 2>&1 & agent=$!
            "$2" wait --members 1 --data-root-dir "$1/a" > /dev/null || exit 9
            i=0; while [ $i -lt 150 ]; do
                "$2" metadata "$(head -c 500 /dev/zero | tr '\\0' x)$i" --data-root-dir "$1/a" \\
                    > /dev/null 2>&1; i=$((i + 1)); done
            kill -TERM $agent; i=0
            while kill -0 $agent 2> /dev/null && [ $i -lt 50 ]; do sleep 0.1; i=$((i + 1)); done
            kill $reader; [ $i -lt 50 ]
            """
        let result = try await Program.run(
            ["-c", shell, "sh", folder, Program.path], executable: "/bin/sh")
        #expect(result.status == 0, "\(result.errors)")
    }

    @Test func `a service manager is told when the agent is ready, lives and leaves`() async throws
    {
        let manager = try #require(DatagramListener(folder + "/notify"))
        let program = try await agent(
            "n1", environment: ["NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "200000"])
        #expect(
            await manager.next(containing: "READY=1")?.contains("STATUS=1 alive, alone") == true)
        for _ in 0..<3 { #expect(await manager.next(containing: "WATCHDOG=1") != nil) }
        program.signal(SIGTERM)
        #expect(await manager.next(containing: "STOPPING=1") != nil)
        #expect(await program.finish().status == 0)
    }

    @Test func `a service manager that is gone does no harm`() async throws {
        let program = try await agent("n1", environment: ["NOTIFY_SOCKET": folder + "/none"])
        program.signal(SIGTERM)
        #expect(await program.finish().status == 0)
    }

    @Test func `a hangup ends no agent that has no terminal`() async throws {
        let program = try await agent("n1")
        program.signal(SIGHUP)
        let status = try await Program.run(["status"] + root())
        #expect(status.status == 0)
        program.signal(SIGTERM)
        #expect(await program.finish().status == 0)
    }

    #if os(Linux)
        @Test(arguments: [SIGTERM, SIGINT, SIGUSR2, SIGALRM, SIGXCPU, SIGPWR])
        func `a signal that would end it silently makes an agent say goodbye`(
            _ signal: Int32
        ) async throws {
            let first = try await agent("n1")
            let seed = try await address(of: "n1")
            let second = try await agent("n2", ["--seed", seed])
            #expect(await first.nextLine(containing: "n2") != nil)
            second.signal(signal)
            #expect(await first.nextLine(containing: "left") != nil)
            #expect(await second.finish().status == 0)
            first.signal(SIGTERM)
            #expect(await first.finish().status == 0)
        }

        @Test func `SIGUSR1 asks an agent for its status, unless it was started to ignore that`()
            async throws
        {
            let program = try await agent("n1")
            program.signal(SIGUSR1)
            _ = try await Program.run(["status"] + root())
            program.signal(SIGTERM)
            let result = await program.finish()
            #expect(result.status == 0)
            #expect(result.errors.contains("iridium: 1 alive, alone, local health 0, "))

            let deaf = try Program(
                [
                    "-c", "trap '' USR1 USR2; exec \"$0\" \"$@\"", Program.path, "agent", "--name",
                    "n2",
                ]
                    + ["-P", "0"] + root("deaf"), executable: "/bin/sh")
            _ = await deaf.nextLine(containing: "ready")
            deaf.signal(SIGUSR1)
            deaf.signal(SIGUSR2)
            #expect(try await Program.run(["status"] + root("deaf")).status == 0)
            deaf.signal(SIGTERM)
            let end = await deaf.finish()
            #expect(end.status == 0 && !end.errors.contains("local health"))
        }
    #endif

    /// Where an agent listens.
    private func address(of name: String) async throws -> String {
        let status = try await Program.run(["status", "--json", "--agent", name] + root())
        return try #require(value("address", in: status.output))
    }

    @Test func `a monitor says that its agent is gone`() async throws {
        let program = try await agent("n1")
        let monitor = try Program(["monitor"] + root())
        _ = await monitor.nextLine()
        program.signal(SIGKILL)
        let result = await monitor.finish()
        #expect(result.status == 69)
        #expect(result.errors.contains("the agent n1 is gone: it closed the connection [IR-60]"))
        _ = await program.finish()
    }

    @Test func `a monitor that follows comes back with its agent`() async throws {
        let program = try await agent("n1")
        let monitor = try Program(["monitor", "--follow"] + root())
        _ = await monitor.nextLine(containing: "n1")
        program.signal(SIGKILL)
        _ = await program.finish()
        let again = try await agent("n1")
        #expect(await monitor.nextLine(containing: "n1") != nil)
        again.signal(SIGTERM)
        _ = await again.finish()
        monitor.signal(SIGKILL)
        _ = await monitor.finish()
    }

    @Test func `a wait waits for the agent too`() async throws {
        let waiting = try Program(["wait", "--members", "1", "--timeout", "60s"] + root())
        let program = try await agent("n1")
        #expect(await waiting.finish().status == 0)
        program.signal(SIGTERM)
        _ = await program.finish()
        let late = try await Program.run(["wait", "--members", "1", "--timeout", "100ms"] + root())
        #expect(late.status == 69)
    }

    @Test func `a data root that a group can write to holds a private folder`() async throws {
        let volume = folder + "/volume"
        try FileManager.default.createDirectory(atPath: volume, withIntermediateDirectories: true)
        chmod(volume, 0o2775)
        let program = try Program(
            ["agent", "--name", "n1", "-P", "0", "--data-root-dir", volume])
        #expect(await program.nextLine(containing: "ready") != nil)
        let members = try await Program.run(["members", "--data-root-dir", volume])
        #expect(members.status == 0)
        var found = stat()
        #expect(stat(volume + "/iridium", &found) == 0 && found.st_mode & 0o7777 & 0o077 == 0)
        program.signal(SIGTERM)
        #expect(await program.finish().status == 0)
    }

    @Test func `a socket file that is removed is made again`() async throws {
        let program = try await agent("n1")
        try FileManager.default.removeItem(atPath: folder + "/d/run")
        let again = try await Program.run(["wait", "--members", "1", "--timeout", "60s"] + root())
        #expect(again.status == 0)
        program.signal(SIGTERM)
        #expect(await program.finish().status == 0)
    }

    @Test(arguments: [
        (["--bind", "0.0.0.0:0", "--advertise", "[fd77::1]:2254"], "[IR-05]", 78),
        (["--bind", "[::]:0", "--advertise", "[fe80::1]:2254"], "[IR-05]", 78),
        (["--bind", "[fe80::1%eth0]:2254"], "link-local addresses cannot be used", 64),
        (["--seed", "10.0.0.1:2254,10.0.0.2:2254"], "one HOST:PORT at a time", 64),
        (["--seed", "tcp://10.0.0.1:2254"], "HOST:PORT without tcp://", 64),
    ])
    func `what cannot work is refused at the start`(
        _ options: [String], _ words: String, _ status: Int32
    ) async throws {
        let result = try await Program.run(["agent", "--name", "n1"] + root() + options)
        #expect(result.status == status)
        #expect(result.errors.contains(words))
    }

    @Test func `an agent without a name has its host's`() async throws {
        let program = try Program(["agent", "-P", "0", "--json"] + root())
        let ready = try #require(await program.nextLine(containing: "iridium.ready/1"))
        let host = ProcessInfo.processInfo.hostName.split(separator: ".").first.map(String.init)
        #expect(ready.contains(#""node":"\#(host ?? "?")"#) || ready.contains(#""node":"n-"#))
        program.signal(SIGTERM)
        _ = await program.finish()
    }

    @Test func `a check tells what is no node`() async throws {
        let silent = try FakeListener()
        let report = try await Program.run(["netcheck", "127.0.0.1:\(silent.port)"] + root())
        #expect(report.status == 76)
        #expect(report.output.contains("no Iridium node answers there"))
        let program = try Program(["agent", "--name", "n1", "-P", "0", "--json"] + root())
        let ready = try #require(await program.nextLine(containing: "iridium.ready/1"))
        let port = try #require(ready.firstMatch(of: /127\.0\.0\.1:([0-9]+)/)).output.1
        let node = try await Program.run(["netcheck", "127.0.0.1:\(port)"] + root("elsewhere"))
        #expect(node.status == 0)
        #expect(node.output.contains("an Iridium node answers"))
        program.signal(SIGTERM)
        _ = await program.finish()
    }
}

/// Listens on loopback and says nothing.
private final class FakeListener {
    let port: UInt16
    private let descriptor: Int32

    init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && listen(descriptor, 8) == 0
                    && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard bound else { throw POSIXError(.EADDRINUSE) }
        port = UInt16(bigEndian: address.sin_port)
    }

    deinit { close(descriptor) }
}
