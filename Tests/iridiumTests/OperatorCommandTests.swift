import Foundation
import IridiumJSON
import Testing

@testable import iridium

/// Commands that ask a running node, and through it the others.
@Suite(.serialized, .timeLimit(.minutes(10))) struct OperatorCommandTests {
    private let folder = Folder()
    private var root: [String] { ["--data-root-dir", folder.path] }

    private func agent(_ name: String, _ options: [String] = []) async throws -> (Program, String) {
        let program = try Program(
            ["agent", "--name", name, "--bind", "127.0.0.1:0", "--profile", "local", "--json"]
                + root + options)
        let ready = try #require(await program.nextLine(containing: "iridium.ready/1"))
        return (program, try #require(value("address", in: ready)))
    }

    private func ask(_ words: [String]) async throws -> Program.Result {
        try await Program.run(words + ["--agent", "n1"] + root)
    }

    @Test func `a cluster is looked at from all sides`() async throws {
        let (first, address) = try await agent("n1")
        let (second, _) = try await agent("n2", ["--seed", address, "--tag", "role=db"])
        let until = try await ask(["monitor", "--until", "members>=2"])
        #expect(until.status == 0)
        _ = try await ask(["wait", "--members", "2", "--timeout", "60s"])

        var reachability = try await ask(["reachability"])
        while !reachability.output.contains("2 of 2 members answered") {
            reachability = try await ask(["reachability"])
        }
        #expect(reachability.status == 0, "\(reachability.output)")
        #expect(reachability.output.hasPrefix("MEMBER "))
        #expect(reachability.output.contains("2 of 2"))
        #expect(reachability.output.hasSuffix("No entry is wrong.\n"))
        let matrix = try await ask(["reachability", "--matrix"])
        #expect(matrix.output.contains("FROM \\ TO"))
        let views = try await ask(["reachability", "--json"])
        #expect(value("schema", in: views.output) == "iridium.views/1")

        #expect(try await ask(["rtt"]).output.hasPrefix("NAME  "))
        let trip = try await ask(["rtt", "n2"])
        #expect(trip.output.contains("n1 to n2") && trip.output.contains("question and answer"))
        #expect(
            value("schema", in: try await ask(["rtt", "n2", "--json"]).output) == "iridium.rtt/1")
        #expect(try await ask(["rtt", "n9"]).status == 2)
        #expect(try await ask(["rtt", "n1"]).status == 64)

        let status = try await ask(["status"])
        #expect(status.output.firstMatch(of: /boot +[0-9a-f]{16} +protocol 1 to 2/) != nil)

        let top = try await ask(["top", "--once"])
        #expect(top.status == 0 && top.output.contains("datagrams/s"))
        #expect(top.output.contains("2 alive, 0 suspect, 0 dead, 0 left."))
        #expect(try await ask(["top", "--interval", "1ms"]).status == 64)

        let living = try await ask(["members", "--state", "alive", "--sort", "rtt"])
        #expect(living.output.split(separator: "\n").count == 4)
        let dead = try await ask(["members", "--state", "dead,left"])
        #expect(dead.output.split(separator: "\n").count == 2)
        #expect(try await ask(["members", "--state", "well"]).status == 64)
        let tagged = try await ask(["members", "--json", "--tag", "role=db"])
        #expect(
            try JSONReader.parse(tagged.output.utf8.dropLast())["members"]?.elements?.count == 1)

        second.signal(SIGTERM)
        #expect(await second.finish().status == 0)
        #expect(try await ask(["monitor", "--until", "n2=left"]).status == 0)
        #expect(try await ask(["forget"]).status == 64)
        #expect(try await ask(["forget", "n2", "--all-dead"]).status == 64)
        let forgotten = try await ask(["forget", "--all-dead", "--everywhere"])
        #expect(forgotten.status == 0 && forgotten.output.contains("Forgot n2 (id "))
        let again = try await ask(["forget", "--all-dead"])
        #expect(again.output == "There was nothing to forget on this node.\n")
        first.signal(SIGTERM)
        #expect(await first.finish().status == 0)
    }

    @Test func `a log is text or JSON`() async throws {
        let options = ["agent", "--name", "n1", "-P", "0", "--log-level", "debug"] + root
        for (format, beginning) in [("text", "20"), ("json", "{")] {
            let program = try Program(options + ["--log-format", format])
            _ = await program.nextLine(containing: "ready")
            program.signal(SIGTERM)
            let result = await program.finish()
            let lines = result.errors.split(separator: "\n")
            #expect(
                !lines.isEmpty && lines.allSatisfy { $0.hasPrefix(beginning) }, "\(result.errors)")
            guard format == "json" else { continue }
            for line in lines { #expect(value("schema", in: String(line)) == "iridium.log/1") }
        }
        let wrong = try await Program.run(options + ["--log-format", "xml"])
        #expect(wrong.status == 64)
    }

    @Test func `a frame is cut to its window`() {
        #expect(LiveScreen.cut("one\ntwo\nthree\n", columns: 3, rows: 3) == "one\ntwo\nthr")
        #expect(LiveScreen.cut("one\ntwo\nthree\n", columns: 80, rows: 2) == "one\n2 more lines")
        #expect(LiveScreen.cut("äöü€", columns: 2, rows: 9) == "äö")
    }
}
