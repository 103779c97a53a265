import Foundation
import IridiumNode
import Testing

@testable import iridium

/// The consoles with real descriptors: a pseudo-terminal, a pipe. One at a time: the modes of a
/// terminal and the signals are the process's.
@Suite(.serialized, .timeLimit(.minutes(10))) struct ConsoleTests {
    private let events = EventQueue()

    private func console(
        on terminal: PseudoTerminal, historyPath: String? = nil
    ) throws -> TerminalConsole {
        let console = TerminalConsole(
            input: terminal.inside, output: terminal.inside, historyPath: historyPath,
            memberNames: { ["n1", "n2"] }, onEvent: events.receive)
        return try #require(console)
    }

    /// The prompt of the built program, as a process at that terminal.
    private func run(on terminal: PseudoTerminal, in folder: Folder) throws -> Process {
        let handle = FileHandle(fileDescriptor: terminal.inside)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Program.path)
        process.arguments = ["--data-root-dir", folder.path]
        process.environment = ProcessInfo.processInfo.environment.merging(["TERM": "xterm"]) { $1 }
        (process.standardInput, process.standardOutput) = (handle, handle)
        try process.run()
        return process
    }

    @Test func `a line is edited, shown and delivered`() throws {
        let terminal = try #require(PseudoTerminal())
        let console = try console(on: terminal)
        defer { console.close() }
        console.prompt(">>> ")
        #expect(terminal.read(until: ">>> ") != nil)
        terminal.type("!reg\tx\u{7F}\r")
        #expect(events.next() == .line("!registers "))
        #expect(terminal.read(until: ">>> !registers \r\n") != nil)
    }

    @Test func `what is printed stands above the line being typed`() throws {
        let terminal = try #require(PseudoTerminal())
        let console = try console(on: terminal)
        defer { console.close() }
        console.prompt(">>> ")
        terminal.type("load $0")
        #expect(terminal.read(until: "load $0\u{1B}[K") != nil)
        console.print("[12:04:31] n2 joined\n")
        #expect(
            terminal.read(until: "[12:04:31] n2 joined\r\n\r>>> load $0\u{1B}[K")?
                .contains("\r\u{1B}[K[12:04:31]") == true)
        terminal.type(" #1\r")
        #expect(events.next() == .line("load $0 #1"))
    }

    @Test func `keys typed ahead wait for the prompt, Ctrl-C does not`() throws {
        let terminal = try #require(PseudoTerminal())
        let console = try console(on: terminal)
        defer { console.close() }
        console.prompt(">>> ")
        terminal.type("one\rtwo\r")
        #expect(events.next() == .line("one"))
        console.prompt(">>> ")
        #expect(events.next() == .line("two"))
        terminal.type("three\u{3}")
        #expect(events.next() == .interrupt)
        console.prompt(">>> ")
        terminal.type("four\r")
        #expect(events.next() == .line("four"))
    }

    @Test func `Ctrl-C at the prompt drops the line and keeps the prompt`() throws {
        let terminal = try #require(PseudoTerminal())
        let console = try console(on: terminal)
        defer { console.close() }
        console.prompt(">>> ")
        terminal.type("abc\u{3}")
        #expect(events.next() == .interrupt)
        terminal.type("def\r")
        #expect(events.next() == .line("def"))
        console.prompt(">>> ")
        terminal.type("\u{4}")
        #expect(events.next() == .endOfInput)
    }

    @Test func `Ctrl-C at the question for a path leads back to the prompt`() throws {
        let terminal = try #require(PseudoTerminal())
        let folder = Folder()
        let process = try run(on: terminal, in: folder)
        defer { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }
        #expect(terminal.read(until: ">>> ") != nil)
        terminal.type("!load_file\r")
        #expect(terminal.read(until: "you wish to load:") != nil)
        // Shown only once the question is open; a Ctrl-C before that would be for the command.
        terminal.type("some")
        #expect(terminal.read(until: "some") != nil)
        terminal.type("\u{3}")
        #expect(terminal.read(until: "^C") != nil)
        #expect(terminal.read(until: ">>> ") != nil)
        terminal.type("!ps\r")
        #expect(terminal.read(until: "program") != nil)
        terminal.type("!quit\r")
        #expect(terminal.read(until: "Farewell!") != nil)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }

    #if os(Linux)
        @Test func `Ctrl-Z stops the program, and it goes on with the line that was typed`() throws
        {
            let terminal = try #require(PseudoTerminal())
            let folder = Folder()
            let process = try run(on: terminal, in: folder)
            defer { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }
            let id = process.processIdentifier
            #expect(terminal.read(until: ">>> ") != nil)
            for way in ["key", "signal"] {
                terminal.type("!p")
                #expect(terminal.read(until: "!p") != nil)
                if way == "key" { terminal.type("\u{1A}") } else { kill(id, SIGTSTP) }
                #expect(terminal.read(until: "\u{1B}[?2004l") != nil)
                #expect(isStopped(id), "by \(way)")
                #expect(terminal.isInUsualModes)
                kill(id, SIGCONT)
                #expect(terminal.read(until: "\u{1B}[?2004h") != nil)
                #expect(terminal.read(until: ">>> !p") != nil)
                terminal.type("s\r")
                #expect(terminal.read(until: "program") != nil)
                #expect(terminal.read(until: ">>> ") != nil)
            }
            terminal.type("!quit\r")
            #expect(terminal.read(until: "Farewell!") != nil)
            process.waitUntilExit()
        }

        /// Whether the process comes to a stop within some seconds: nobody tells of it but the system.
        private func isStopped(_ process: pid_t) -> Bool {
            for _ in 0..<400 {
                if ProcessState.isStopped(process) { return true }
                _ = Descriptor.wait(for: [], milliseconds: 25)
            }
            return false
        }
    #endif

    @Test func `the terminal is given back`() throws {
        let terminal = try #require(PseudoTerminal())
        #expect(terminal.isInUsualModes)
        let console = try console(on: terminal)
        #expect(!terminal.isInUsualModes)
        console.prompt(">>> ")
        console.close()
        #expect(terminal.isInUsualModes)
        // What is printed later is printed all the same; a later prompt is not shown.
        console.print("bye\n")
        console.prompt(">>> ")
        #expect(terminal.read(until: "bye\r\n") != nil)
        console.close()
    }

    @Test func `a window made narrower redraws the row`() throws {
        let terminal = try #require(PseudoTerminal(columns: 40))
        let console = try console(on: terminal)
        defer { console.close() }
        console.prompt(">>> ")
        terminal.type("0123456789abcdef")
        #expect(terminal.read(until: ">>> 0123456789abcdef\u{1B}[K") != nil)
        terminal.resize(columns: 12)
        kill(getpid(), SIGWINCH)
        #expect(terminal.read(until: "\r>>> 9abcdef\u{1B}[K") != nil)
    }

    @Test func `a line breaks between words where the window ends`() throws {
        let terminal = try #require(PseudoTerminal(columns: 24))
        let console = try console(on: terminal)
        defer { console.close() }
        console.print("the cluster key is in cluster.key\n")
        #expect(terminal.read(until: "the cluster key is in\r\n  cluster.key\r\n") != nil)
        // The column at which the rest of a line begins is not known.
        console.print("a line without an end")
        console.print(" and its rest\nthe cluster key is in cluster.key\n")
        #expect(
            terminal.read(until: "end and its rest\r\nthe cluster key is in\r\n  cluster.key\r\n")
                != nil)
        console.prompt(">>> ")
        console.print("[12:00:00] n2 is suspect, says n1\n")
        #expect(terminal.read(until: "[12:00:00] n2 is\r\n  suspect, says n1\r\n") != nil)
    }

    @Test func `lines are kept for the next session, for their owner alone`() throws {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "iridium-history-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "history").path(percentEncoded: false)
        do {
            let terminal = try #require(PseudoTerminal())
            let console = try console(on: terminal, historyPath: path)
            defer { console.close() }
            console.prompt(">>> ")
            terminal.type("!registers\r")
            #expect(events.next() == .line("!registers"))
        }
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        let terminal = try #require(PseudoTerminal())
        let console = try console(on: terminal, historyPath: path)
        defer { console.close() }
        console.prompt(">>> ")
        terminal.type("\u{1B}[A\r")
        #expect(events.next() == .line("!registers"))
    }

    @Test func `a terminal that goes away is the end of input`() throws {
        var terminal = PseudoTerminal()
        let inside = dup(try #require(terminal?.inside))
        defer { close(inside) }
        let made = TerminalConsole(
            input: inside, output: inside, historyPath: nil, memberNames: { [] },
            onEvent: events.receive)
        let console = try #require(made)
        defer { console.close() }
        console.prompt(">>> ")
        terminal = nil
        #expect(events.next() == .endOfInput)
    }

    @Test func `a pipe gives its lines one by one and shows one prompt`() throws {
        let input = Pipe()
        let output = Pipe()
        let console = PlainConsole(
            input: input.fileHandleForReading.fileDescriptor,
            output: output.fileHandleForWriting.fileDescriptor, showsPrompt: false,
            onEvent: events.receive)
        input.fileHandleForWriting.write(Data("one\r\ntwo\nthree".utf8))
        try input.fileHandleForWriting.close()
        for line in ["one", "two", "three"] {
            console.prompt(">>> ")
            #expect(events.next() == .line(line))
            console.print("[\(line)]")
        }
        console.prompt(">>> ")
        #expect(events.next() == .endOfInput)
        console.close()
        try output.fileHandleForWriting.close()
        let shown = try output.fileHandleForReading.readToEnd() ?? Data()
        #expect(String(decoding: shown, as: UTF8.self) == ">>> \n[one][two][three]")
    }

    @Test func `of a line that is too long the end is no line of its own`() {
        var lines = PendingLines(longest: 8)
        #expect(lines.next(isAtEnd: false) == nil)
        lines.feed(Array("12345678".utf8))
        #expect(lines.next(isAtEnd: false) == "12345678")
        lines.feed(Array("!history".utf8))
        #expect(lines.next(isAtEnd: false) == nil)
        lines.feed(Array("!quit\r\nnext\r\n\nlast".utf8))
        #expect(lines.next(isAtEnd: false) == "next")
        #expect(lines.next(isAtEnd: false) == "")
        #expect(lines.next(isAtEnd: false) == nil)
        #expect(lines.next(isAtEnd: true) == "last")
        #expect(lines.next(isAtEnd: true) == nil)
    }

    @Test(arguments: [("xterm-256color", true), ("dumb", false), ("", false), (nil, false)])
    func `an editor needs a terminal that can move its cursor`(_ type: String?, _ isCapable: Bool) {
        #expect(Consoles.isCapable(type) == isCapable)
    }
}
