import Foundation
import IridiumNode
import IridiumShell
import Synchronization
import Testing

@testable import iridium

/// Commands that an agent runs at changes.
@Suite(.timeLimit(.minutes(10))) struct EventHandlerTests {
    private func run(
        _ script: String, input: String = "", within patience: Duration = .seconds(60)
    ) -> (ChildCommand.End, output: String) {
        ChildCommand.run(
            ["sh", "-c", script], environment: [("IRIDIUM_EVENT", "failed")],
            input: Array(input.utf8), within: patience)
    }

    @Test func `a command gets its input, its variables and nothing else of ours`() {
        let (end, output) = run(
            "cat; echo $IRIDIUM_EVENT; ls /proc/self/fd | wc -l; test -z \"$IRIDIUM_SECRET\"",
            input: "hello\n")
        #expect(end == .exited(0))
        // Standard input, output and error, and the directory that ls reads.
        #expect(output.split(whereSeparator: \.isWhitespace) == ["hello", "failed", "4"])
    }

    @Test func `its end is told as it was`() {
        #expect(run("exit 3").0 == .exited(3))
        #expect(run("kill -TERM $$").0 == .signalled(SIGTERM))
        let (end, _) = ChildCommand.run(
            ["/nonexistent/program"], environment: [], input: [], within: .seconds(60))
        #expect(end != .exited(0) && end.problem(.seconds(60)) != nil)
    }

    @Test func `one that is late is killed with its children`() {
        let place = Folder()
        let (end, _) = run(
            "sleep 600 & echo $! > \(place.path)/child; wait", within: .milliseconds(500))
        #expect(end == .late)
        let child = (try? String(contentsOfFile: place.path + "/child", encoding: .utf8))
            .flatMap { Int32($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
        // Another process reaps it, and it may still be a zombie.
        while let child, kill(child, 0) == 0, !isZombie(child) { sched_yield() }
        #expect(child != nil)
    }

    private func isZombie(_ process: Int32) -> Bool {
        (try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8))?.contains(") Z")
            ?? true
    }

    @Test func `much output is read and little is kept, and input need not be read`() {
        let (end, output) = run("head -c 3000000 /dev/zero | tr '\\0' x", input: "unread\n")
        #expect(end == .exited(0))
        #expect(output.utf8.count == ChildCommand.mostOutput)
    }

    @Test(arguments: [
        ("failed,left=/bin/true", 1), ("all=/bin/true --now", 1), ("joined=true", 1),
    ])
    func `a handler is kinds and words`(_ text: String, _ count: Int) throws {
        let handlers = try EventHandler.all([text], option: "--on")
        #expect(handlers.count == count)
        #expect(handlers[0].words[0].hasSuffix("true"))
    }

    @Test(arguments: [
        ["failed"], ["=/bin/true"], ["failed="], ["died=/bin/true"], ["removed=/bin/true"],
        ["failed=/nonexistent/program"], ["failed=/bin"], ["failed=/bin/true", "left"],
        Array(repeating: "all=/bin/true", count: 17),
    ])
    func `what is no handler is refused`(_ texts: [String]) {
        #expect(throws: IridiumError.self) { try EventHandler.all(texts, option: "--on") }
    }

    @Test func `commas of a variable part kinds, too`() throws {
        let handlers = try EventHandler.all(
            ["failed", "left=/bin/true", "all=true"], option: "--on")
        #expect(handlers.map(\.kinds.count) == [2, 7])
    }

    @Test func `an agent runs a command for each change, in their order`() async throws {
        let place = Folder()
        let script = try place.write(
            "note",
            "#!/bin/sh\necho \"$IRIDIUM_EVENT $IRIDIUM_EVENT_MEMBER\" >> \(place.path)/log\ncat >> \(place.path)/json\n",
            mode: 0o700)
        let root = [
            "--data-root-dir", place.path + "/d", "-P", "0", "--profile", "local", "--json",
        ]
        let first = try Program(
            [
                "agent", "--name", "n1", "--on", "joined,left=\(script)", "--on",
                "failed=\(script) x",
            ] + root)
        let ready = try #require(await first.nextLine(containing: "iridium.ready/1"))
        let address = try #require(value("address", in: ready))
        let second = try Program(["agent", "--name", "n2", "--seed", address] + root)
        _ = await first.nextLine(containing: #""member":"n2""#)
        second.signal(SIGTERM)
        #expect(await second.finish().status == 0)
        _ = await first.nextLine(containing: #""event":"left""#)
        let log = place.path + "/log"
        var lines: [Substring] = []
        while lines.count < 2 {
            await Task.yield()
            lines = ((try? String(contentsOfFile: log, encoding: .utf8)) ?? "").split(
                separator: "\n")
        }
        #expect(lines == ["joined n2", "left n2"])
        first.signal(SIGTERM)
        #expect(await first.finish().status == 0)
        let json = try String(contentsOfFile: place.path + "/json", encoding: .utf8)
        #expect(json.hasPrefix(#"{"schema":"iridium.event/1""#))
    }
}
