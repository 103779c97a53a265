import IridiumAssembler
import IridiumShell
import IridiumVM
import MembershipWire
import Testing

/// What a session does with lines: commands with their arguments, code, files, answers.
@Suite struct SessionTests {
    private func registers(_ player: SessionPlayer) -> [Int32] { player.session.machine.registers }

    // MARK: Commands

    @Test func `the table has every command once`() {
        let listed = ShellCommand.table.map(\.command)
        #expect(Set(listed) == Set(ShellCommand.allCases))
        #expect(listed.count == ShellCommand.allCases.count)
        for row in ShellCommand.table { #expect(!row.summary.isEmpty && !row.details.isEmpty) }
    }

    @Test(arguments: [
        ("!cluster_membrs", "!cluster_members"), ("!members", "!cluster_members"),
        ("!join", "!join_cluster"), ("!regsiters", "!registers"), ("!qiut", "!quit"),
        ("!start", "!start_cluster"),
    ])
    func `a misspelt command is told what was meant`(_ typed: String, _ meant: String) {
        var player = SessionPlayer()
        #expect(
            player.type(typed)
                == "Invalid command! There is no \(typed); did you mean \(meant)? [IR-41]\n")
    }

    @Test(arguments: ["!frob", "!", "!REGISTERS", "!cl", "!zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"])
    func `a word that resembles none is an invalid command`(_ typed: String) {
        var player = SessionPlayer()
        #expect(player.type(typed) == "Invalid command!\n")
    }

    @Test func `help lists all commands and explains each`() {
        var player = SessionPlayer(options: .demo)
        let overview = player.type("!help")
        for row in ShellCommand.table {
            #expect(overview.contains("  " + row.usage))
            let details = player.type("!help \(row.command.rawValue)")
            #expect(details.contains(row.details))
            #expect(player.type("!help \(row.command.rawValue.dropFirst())") == details)
        }
        #expect(player.type("!help regsters").contains("did you mean !registers? [IR-41]"))
    }

    @Test func `the status, and a member to forget, are asked of the node`() {
        var player = SessionPlayer()
        #expect(
            player.type("!status")
                == "node     n1   id -\nprocess  7    iridium 1, up 0s\ncluster  off\n")
        #expect(player.type("!forget n3") == "Forgot n3 (id 01234567) on this node.\n")
        #expect(player.type("!forget").contains("needs the name of a member [IR-40]"))
        #expect(player.type("!forget n3 n4").contains("cannot use \"n4\""))
        #expect(player.requests.count == 2)
        var remote = SessionPlayer(options: .remote)
        #expect(remote.type("!forget n3").contains("[IR-"))
        #expect(remote.requests.isEmpty)
    }

    @Test func `some registers are shown with their names, all as the documents show them`() {
        var player = SessionPlayer()
        _ = player.type("load $1 #10")
        _ = player.type("load $31 #500")
        #expect(
            player.type("!registers").hasPrefix("Listing registers and all contents:\n[\n    0,\n"))
        #expect(player.type("!registers $1") == "$1  10\n")
        #expect(player.type("!registers $0-$5") == "$0  0  $1  10  $2  0  $3  0\n$4  0  $5   0\n")
        let all = player.type("!registers $0-$31")
        #expect(all.split(separator: "\n").count == 8 && all.hasSuffix("$31  500\n"))
        for wrong in [
            "$32", "$-1", "$3-$1", "1", "$1-", "-", "$", "$1-$2-$3", "$99999999999999999999",
        ] {
            #expect(player.type("!registers \(wrong)").contains("[IR-40]"), "\(wrong)")
        }
    }

    // MARK: Addresses

    @Test(arguments: [
        ("127.0.0.1 2254", "127.0.0.1:2254"), ("127.0.0.1:2254", "127.0.0.1:2254"),
        ("::1 2254", "[::1]:2254"),
        ("[::1]:2254", "[::1]:2254"), ("[::1] 2254", "[::1]:2254"),
    ])
    func `an address is understood as it is usually written`(_ typed: String, _ meant: String) {
        var session = SessionPlayer().session
        let effects = session.submit("!join_cluster \(typed)")
        guard case .ask(.joinCluster(let address))? = effects.last else {
            Issue.record("nobody is asked to join")
            return
        }
        #expect(address.description == meant)
        #expect(session.expectation == .answer)
    }

    @Test func `a missing port is told with the usage`() {
        var player = SessionPlayer()
        #expect(
            player.type("!join_cluster localhost") == """
                iridium: !join_cluster needs a host and a port [IR-40]
                  usage: !join_cluster HOST PORT      for example: !join_cluster localhost 2254

                """)
        #expect(player.type("!join_cluster") == player.type("!join_cluster localhost"))
        #expect(player.type("!join_cluster ::1:2254").contains("[IR-14]"))
        for port in ["0", "65536", "22x", "-1", "99999999999999999999"] {
            #expect(player.type("!join_cluster localhost \(port)").contains("[IR-40]"))
        }
        #expect(player.requests.isEmpty)
    }

    @Test func `a check takes an address or a member's name`() {
        var session = SessionPlayer().session
        guard case .ask(.check(.member("n2")))? = session.submit("!cluster_check n2").last else {
            Issue.record("no check of a member")
            return
        }
        _ = session.resume(with: .interrupted)
        let effects = session.submit("!cluster_check n2 2254")
        guard case .ask(.check(.address(let address)))? = effects.last else {
            Issue.record("no check of an address")
            return
        }
        #expect(address == HostAndPort(host: "n2", port: 2254))
    }

    // MARK: Code

    @Test func `all instructions of a line are run`() {
        var player = SessionPlayer()
        #expect(player.type("load $0 #6 load $1 #7 mul $0 $1 $2").isEmpty)
        #expect(registers(player)[2] == 42)
    }

    @Test func `a later line may jump to an earlier label`() {
        var player = SessionPlayer()
        _ = player.type("load $1 #3")
        _ = player.type("again: inc $0 neq $0 $1")
        _ = player.type("djmpe @again")
        #expect(registers(player)[0] == 3)
    }

    @Test(arguments: ["hlt", "div $0 $1 $2", "pop $0", "jmp $3", "igl", "load $99 #1", "x y z"])
    func `no line spoils the next`(_ line: String) {
        var player = SessionPlayer()
        _ = player.type("load $3 #60000")
        _ = player.type(line)
        #expect(player.type("load $1 #2").isEmpty)
        #expect(registers(player)[1] == 2)
        #expect(!player.hasQuit)
    }

    @Test func `an endless line is interrupted and the next one runs`() {
        var player = SessionPlayer(
            options: ShellOptions(reach: .local, sliceInstructions: 1_000, lineInstructions: nil))
        player.patience = 5
        #expect(player.type("here: nop load $0 #0 jmp $0") == "Interrupted.\n")
        #expect(player.type("load $1 #2").isEmpty)
        #expect(registers(player)[1] == 2)
    }

    @Test func `a remote line has a budget`() {
        var player = SessionPlayer(
            options: ShellOptions(reach: .remote, sliceInstructions: 1_000, lineInstructions: 2_500)
        )
        #expect(
            player.type("load $0 #0 jmp $0") == "Stopped: a line may run 2500 instructions.\n")
        #expect(player.session.expectation == .line)
    }

    @Test func `directives and slips are told with their place`() {
        var player = SessionPlayer()
        #expect(player.type(".code").hasPrefix("prompt:1:1: error: "))
        #expect(player.type("laod $0 #1").contains("did you mean 'load'?"))
        #expect(player.session.machine.program.isEmpty)
    }

    @Test func `a line that is too long is ignored`() {
        var player = SessionPlayer()
        let line = String(repeating: "nop ", count: ShellSession.longestLine)
        #expect(player.type(line).contains("was ignored"))
        #expect(player.session.history.isEmpty)
    }

    @Test func `remembered lines have a bound in bytes, the latest stay`() {
        var player = SessionPlayer()
        let line = ";" + String(repeating: "x", count: ShellSession.longestLine - 1)
        for _ in 0..<(ShellOptions.local.historyBytes / ShellSession.longestLine + 10) {
            #expect(player.type(line) == "")
        }
        #expect(player.session.history.count == ShellOptions.local.historyBytes / line.utf8.count)
        _ = player.type("inc $0")
        #expect(player.session.history.last == "inc $0")
    }

    // MARK: Files

    private static let hello = ".data\nhello: .asciiz 'Hello'\n.code\nprts @hello\nhlt\n"

    @Test func `a loaded program prints, and the prompt gets a line of its own`() {
        var player = SessionPlayer(files: ["/tmp/hello world.iasm": Self.hello])
        #expect(
            player.type("!load_file /tmp/hello world.iasm ") == """
                Attempting to load program from file...
                Sending assembled program to VM
                Hello

                """)
        #expect(player.session.symbols["hello"] != nil)
    }

    @Test func `a second load replaces the first`() {
        var player = SessionPlayer(files: [
            "a": ".data\n.code\nx: load $0 #1\nhlt\n", "b": ".data\n.code\nx: load $1 #2\nhlt\n",
        ])
        _ = player.type("!load_file a")
        #expect(!player.type("!load_file b").contains("Unable"))
        #expect(registers(player)[0] == 1 && registers(player)[1] == 2)
        #expect(player.session.machine.program.count == Image.headerBytes + 8)
    }

    @Test func `errors of a file come in the documents' words, then with their places`() {
        var player = SessionPlayer(files: ["bad": "a: load $0 #4\n.code\nhlt\n"])
        let lines = player.type("!load_file bad").split(separator: "\n")
        #expect(lines.first == "Attempting to load program from file...")
        #expect(lines.dropFirst().first?.hasPrefix("Unable to parse input: No segment") == true)
        #expect(lines.contains { $0.hasPrefix("bad:1:1: error: ") })
        #expect(player.session.machine.program.isEmpty)
    }

    @Test func `a blank path gives up`() {
        var player = SessionPlayer()
        _ = player.type("!spawn")
        #expect(player.session.expectation == .path)
        #expect(player.type("  ") == "No path given.\n")
        #expect(player.session.expectation == .line)
        #expect(player.requests.isEmpty)
    }

    @Test func `a crash of a spawned program is told in a sentence`() {
        var player = SessionPlayer(files: ["crash": ".data\n.code\npop $0\n"])
        let report = player.type("!spawn crash")
        #expect(report.contains("event: Crash {\n        code: 6,\n    },"))
        #expect(report.hasSuffix(".\n") && report.contains("Crashed with code 6 at address 68: "))
    }

    @Test func `only a number can be killed`() {
        var player = SessionPlayer()
        #expect(player.type("!kill").contains("needs the number of a program [IR-40]"))
        #expect(player.type("!kill x").contains("[IR-40]"))
        #expect(player.type("!kill 3").contains("there is no running program 3 [IR-49]"))
        #expect(player.type("!ps") == "No background programs.\n")
    }

    // MARK: Waiting

    @Test func `an answer that came too late is ignored`() {
        var session = SessionPlayer().session
        #expect(session.resume(with: .clusterOff).isEmpty)
        _ = session.submit("!cluster_members")
        #expect(session.resume(with: .programs([])).isEmpty)
        #expect(session.expectation == .answer)
        #expect(session.submit("!quit").isEmpty)
        guard case .print("Interrupted.\n")? = session.resume(with: .interrupted).first else {
            Issue.record("waiting cannot be given up")
            return
        }
        #expect(session.resume(with: .members(MemberListing(rows: [], view: nil))).isEmpty)
        #expect(session.expectation == .line)
    }

    @Test func `while the cluster is off every command says how to start it`() {
        var player = SessionPlayer()
        let off = "The cluster is off. !start_cluster lets others join this node; "
        #expect(player.type("!m").hasPrefix("Listing Known Nodes:\n" + off))
        #expect(player.type("!cluster_events").hasPrefix(off))
        #expect(player.type("!leave_cluster").hasPrefix(off))
        #expect(player.type("!cluster_send hello").hasPrefix(off))
    }

    @Test func `a message is the rest of the line, and an empty one is none`() {
        var session = SessionPlayer().session
        guard case .ask(.send("deploy  42"))? = session.submit("!cluster_send  deploy  42 ").last
        else {
            Issue.record("the text was not sent as it was typed")
            return
        }
        guard
            case .print("Sent to 2 members.\n")? =
                session.resume(with: .messageSent(members: 2)).first
        else {
            Issue.record("nobody is told where it went")
            return
        }
        var player = SessionPlayer()
        #expect(player.type("!cluster_send").contains("!cluster_send needs a text [IR-40]"))
        #expect(player.requests.isEmpty)
    }

    @Test(arguments: ShellCommand.table.filter { !$0.isRemote }.map(\.command.rawValue))
    func `a remote session commands nothing`(_ command: String) {
        var player = SessionPlayer(options: .remote)
        #expect(player.type("\(command) 127.0.0.1 2254").contains("[IR-46]"))
        #expect(player.requests.isEmpty)
        #expect(!player.type("!help").contains("  " + command))
    }

    @Test func `the end of input is a farewell`() {
        var player = SessionPlayer()
        let effects = player.session.endInput()
        #expect(player.perform(effects) == "Farewell! Have a great day!\n")
        #expect(player.hasQuit)
        #expect(player.session.endInput().isEmpty)
        #expect(player.session.submit("!registers").isEmpty)
    }

    @Test(arguments: 0..<64)
    func `random lines never trap`(_ seed: UInt64) {
        var random = SplitMix(state: seed)
        var player = SessionPlayer(
            options: ShellOptions(reach: .local, sliceInstructions: 100, lineInstructions: 2_000))
        let words =
            ShellCommand.allCases.filter { $0 != .quit }.map(\.rawValue)
            + Opcode.table.map(\.opcode.name)
            + [
                "$0", "$31", "$32", "#1", "#-1", "#70000", "@x", "x:", "'a'", "é", "\u{0}", "::1:9",
                "9",
            ]
        for _ in 0..<200 {
            let count = Int(random.next() % 6)
            let line = (0..<count).map { _ in words[Int(random.next() % UInt64(words.count))] }
            _ = player.type(line.joined(separator: " "))
            if player.session.expectation == .answer {
                _ = player.session.resume(with: .interrupted)
            }
        }
        #expect(!player.hasQuit, "seed \(seed)")
    }
}

/// A small generator of numbers that replays from its seed.
struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
