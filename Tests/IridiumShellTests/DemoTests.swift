import IridiumShell
import MembershipWire
import Testing

/// `!demo` at the prompt: what is understood, what is refused, and the words.
@Suite struct DemoTests {
    private func order(_ line: String) -> DemoOrder? {
        var session = SessionPlayer(options: .demo).session
        guard case .ask(.demo(let order))? = session.submit(line).last else { return nil }
        return order
    }

    @Test(arguments: [
        ("ls", DemoOrder.list), ("kill n3", .kill("n3")),
        ("pause n3", .pause("n3", seconds: nil)), ("pause n3 5", .pause("n3", seconds: 5)),
        ("pause n3 5s", .pause("n3", seconds: 5)), ("resume n3", .resume("n3")),
        ("restart n3", .restart("n3")), ("partition n1,n2", .partition(["n1", "n2"])),
        ("partition n1, n2 n1 ,n3,", .partition(["n1", "n2", "n3"])),
        ("loss 20%", .loss(percent: 20)), ("loss 0", .loss(percent: 0)),
        ("loss 100%", .loss(percent: 100)), ("heal", .heal),
    ])
    func `an order is understood as it is usually written`(_ typed: String, _ meant: DemoOrder) {
        #expect(order("!demo \(typed)") == meant)
    }

    @Test(arguments: [
        (
            "",
            "!demo needs an action: ls, kill, pause, resume, restart, partition, loss"
        ),
        (" frob", "!demo has no action \"frob\": its actions are ls, kill,"),
        (" KILL n3", "!demo has no action \"KILL\""),
        (" kill", "!demo kill needs the name of a member"),
        (" pause n3 0", "!demo pause cannot last \"0\": it takes 1 to 3600 seconds"),
        (" pause n3 soon", "!demo pause cannot last \"soon\""),
        (" pause n3 99999999999999999999", "!demo pause cannot last"),
        (" partition", "!demo partition needs the names of the members on one side"),
        (" partition ,", "!demo partition needs the names of the members on one side"),
        (" loss", "!demo loss needs a percentage"),
        (" loss 101%", "!demo loss cannot be \"101%\": it takes 0% to 100%"),
        (" loss -1", "!demo loss cannot be \"-1\""), (" loss %", "!demo loss cannot be \"%\""),
    ])
    func `what cannot be understood is told with the usage`(_ typed: String, _ said: String) {
        var player = SessionPlayer(options: .demo)
        let text = player.type("!demo\(typed)")
        #expect(text.hasPrefix("iridium: " + said))
        #expect(text.contains("[IR-40]\n  usage: !demo "))
        #expect(player.requests.isEmpty)
    }

    @Test func `elsewhere there is no demo, and its name says where there is`() {
        var player = SessionPlayer()
        #expect(player.type("!demo ls").contains("in a shell: iridium demo"))
        #expect(player.type("!help demo").contains("[IR-55]"))
        #expect(!player.type("!help").contains("!demo"))
        #expect(player.type("!dmo") == "Invalid command!\n")
        #expect(player.requests.isEmpty)
        var remote = SessionPlayer(options: .remote)
        #expect(remote.type("!demo ls").contains("[IR-46]"))
        var demo = SessionPlayer(options: .demo)
        #expect(demo.type("!help").contains("  !demo WHAT [NAME …]  "))
        #expect(demo.type("!help demo").contains("  !demo pause NAME [SECONDS]\n"))
        #expect(demo.type("!dmo").contains("did you mean !demo? [IR-41]"))
    }

    @Test(arguments: [
        ("!de", 0, ["!demo"]), ("!demo ", 6, DemoOrder.Verb.allCases.map(\.rawValue)),
        ("!demo p", 6, ["pause", "partition"]), ("!demo kill ", 11, ["n1", "n2"]),
        ("!demo kill n2 ", 14, []), ("!demo partition n1,", 19, ["n1", "n2"]),
        ("!demo partition n1, n", 20, ["n1", "n2"]), ("!demo loss ", 11, []),
        ("!demo frob ", 11, []),
    ])
    func `orders and names are completed`(_ line: String, _ start: Int, _ words: [String]) {
        let found = ShellCompletion.complete(
            line, cursor: line.count, memberNames: ["n2", "n1"], demo: true)
        #expect(found == Completion(start: start, candidates: words))
        let elsewhere = ShellCompletion.complete(
            line, cursor: line.count, memberNames: ["n2", "n1"])
        #expect(elsewhere.candidates.isEmpty)
    }

    @Test func `a listing says what was done and what it looks like`() {
        let address = { (port: UInt16) in Endpoint(.v4(0x7F00_0001), port: port) }
        let rows: [DemoListing.Row] = [
            .init(
                name: "n1", condition: .session, cutOffFrom: ["n3"], address: address(40_001),
                seen: .alive),
            .init(
                name: "n2", condition: .paused(.milliseconds(2_900)), cutOffFrom: ["n3"],
                address: address(40_002), seen: .suspect),
            .init(
                name: "n3", condition: .running, cutOffFrom: ["n1", "n2"], address: address(40_003),
                seen: .dead),
            .init(
                name: "n4", condition: .killed, cutOffFrom: [], address: address(40_004), seen: nil),
        ]
        var session = SessionPlayer(options: .demo).session
        _ = session.submit("!demo ls")
        let listing = DemoListing(rows: rows, lossPercent: 20)
        guard case .print(let text)? = session.resume(with: .demo(.listing(listing))).last else {
            Issue.record("nothing is printed")
            return
        }
        #expect(
            text == """
                NAME  ADDRESS          n1 SEES  DEMO
                n1    127.0.0.1:40001  alive    this session, cut off from n3
                n2    127.0.0.1:40002  suspect  paused 3 s, cut off from n3
                n3    127.0.0.1:40003  dead     running, cut off from n1, n2
                n4    127.0.0.1:40004  -        killed
                20% of all datagrams are lost.

                """)
        #expect(session.expectation == .line)
    }

    @Test(arguments: [
        (DemoOutcome.killed("n3"), "Killed n3: its sockets are closed, without a goodbye.\n"),
        (.paused("n3", seconds: 5), "Paused n3: it neither hears nor answers for 5 s.\n"),
        (
            .paused("n3", seconds: nil),
            "Paused n3: it neither hears nor answers until !demo resume n3.\n"
        ),
        (.resumed("n3", after: .milliseconds(3_200)), "Resumed n3 after 3.2 s.\n"),
        (
            .restarted("n3", at: Endpoint(.v4(0x7F00_0001), port: 9), incarnation: 2, joined: true),
            "Restarted n3 on 127.0.0.1:9: the same member, incarnation 2.\n"
        ),
        (
            .restarted(
                "n3", at: Endpoint(.v4(0x7F00_0001), port: 9), incarnation: 2, joined: false),
            "Restarted n3 on 127.0.0.1:9: the same member, but no member that it can reach "
                + "has accepted it yet.\n"
        ),
        (
            .partitioned(["n1", "n2"], from: ["n3"]),
            "Split: n1, n2 on one side, n3 on the other. !demo heal ends it.\n"
        ),
        (.losing(percent: 20), "From now on 20% of all datagrams are lost.\n"),
        (.losing(percent: 0), "No datagram is lost any more.\n"),
        (.healed, "The network is whole: no split, no loss.\n"),
    ])
    func `what was done is told in a sentence`(_ outcome: DemoOutcome, _ text: String) {
        #expect(DemoText.text(outcome) == text)
    }
}
