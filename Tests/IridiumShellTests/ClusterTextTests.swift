import IridiumShell
import MembershipWire
import Testing

/// The words of the cluster, held against the session of Specs/Shell.md letter by letter.
@Suite struct ClusterTextTests {
    private func loopback(_ port: UInt16) -> Endpoint { Endpoint(.v4(0x7F00_0001), port: port) }

    private var listing: MemberListing {
        MemberListing(
            rows: [
                MemberRow(
                    name: "n1", state: .alive, address: loopback(2254), isSelf: true,
                    roundTripTime: nil, incarnation: 1, timeInState: .seconds(252)),
                MemberRow(
                    name: "n2", state: .alive, address: loopback(2255),
                    roundTripTime: .microseconds(310), incarnation: 1, timeInState: .seconds(249)),
                MemberRow(
                    name: "n3", state: .suspect, address: loopback(2256),
                    roundTripTime: .microseconds(440), incarnation: 3, timeInState: .seconds(2),
                    accusers: ["n2"], deadIn: .milliseconds(1_100)),
                MemberRow(
                    name: "n4", state: .left, address: loopback(2257), roundTripTime: nil,
                    incarnation: 2, timeInState: .seconds(100)),
            ],
            view: ViewAgreement(
                digest: "9f31c2aa00000000", agreeing: 2, total: 3,
                silent: [.init(name: "n3", since: .seconds(2))]))
    }

    @Test func `the member table is the documented one`() {
        #expect(
            MemberTableText.text(listing) == """
                NAME  STATE    ADDRESS            RTT  INC    FOR  NOTES
                n1    alive    127.0.0.1:2254       -    1  4m12s  this node
                n2    alive    127.0.0.1:2255  0.31ms    1  4m09s
                n3    suspect  127.0.0.1:2256  0.44ms    3     2s  suspected by n2; dead in 1.1s unless it answers
                n4    left     127.0.0.1:2257       -    2  1m40s  left by itself; kept 24h (iridium forget n4 removes it here)
                2 alive, 1 suspect, 0 dead, 1 left. View 9f31c2aa: 2 of 3 nodes agree (n3 not heard from for 2 s).

                """)
    }

    @Test func `the wide table shows which members are upgraded`() {
        func row(_ name: String, _ protocols: ClosedRange<UInt8>?) -> MemberRow {
            MemberRow(
                name: name, protocols: protocols, state: .alive, address: loopback(2254),
                roundTripTime: nil, incarnation: 1, timeInState: .seconds(1))
        }
        let rows = [row("n1", 1...2), row("n2", 1...1), row("n3", nil)]
        let lines = MemberTableText.text(MemberListing(rows: rows, view: nil), isWide: true)
            .split(separator: "\n")
        let shown = lines.prefix(4).map { $0.split(separator: " ").dropFirst(8).first ?? "" }
        #expect(shown == ["PROTOCOL", "1–2", "1", "-"])
    }

    @Test func `a member that states another's name is shown by its id, and what it states`() {
        let rival = MemberRow(
            name: "51d0c3f7a4410c2e", statedName: "n2", state: .alive, address: loopback(2258),
            roundTripTime: nil, incarnation: 1, timeInState: .seconds(2))
        #expect(MemberTableText.note(rival) == "states the name n2, which another member has")
        var own = rival
        own.isSelf = true
        #expect(
            MemberTableText.note(own) == "this node; states the name n2, which another member has")
    }

    @Test func `a process that is gone is told from a member that did not answer`() {
        var dead = MemberRow(
            name: "n2", state: .dead, address: loopback(2255), roundTripTime: nil, incarnation: 1,
            timeInState: .seconds(2), accusers: ["n3"])
        #expect(MemberTableText.note(dead).hasPrefix("did not answer, says n3; kept 24h"))
        dead.isProcessGone = true
        #expect(MemberTableText.note(dead).hasPrefix("process gone, says n3; kept 24h"))
    }

    @Test func `the members are listed under the documents' headline`() {
        var session = SessionPlayer().session
        guard case .ask(.listMembers)? = session.submit("!m").last else {
            Issue.record("!m asks for nothing")
            return
        }
        guard case .print(let text)? = session.resume(with: .members(listing)).last else {
            Issue.record("nothing is printed")
            return
        }
        #expect(
            text == "Listing Known Nodes:\n" + MemberTableText.text(listing, forget: "!forget"))
        #expect(text.contains("(!forget n4 removes it here)"))
    }

    @Test func `agreement is told in one clause`() {
        var all = listing
        all.view = ViewAgreement(digest: "9f31c2aa", agreeing: 3, total: 3)
        #expect(MemberTableText.text(all).hasSuffix("View 9f31c2aa: all 3 nodes agree.\n"))
        all.view = ViewAgreement(digest: "9f31c2aa", agreeing: 2, total: 2)
        #expect(
            MemberTableText.text(all).hasSuffix(
                "View 9f31c2aa: both nodes heard from so far agree.\n"))
        all.view = ViewAgreement(digest: "9f31c2aa", agreeing: 1, total: 1)
        #expect(
            MemberTableText.text(all).hasSuffix(
                "View 9f31c2aa: no other node was heard from yet.\n"))
        all.rows.remove(at: 2)
        all.view = ViewAgreement(digest: "9f31c2aa", agreeing: 2, total: 2)
        #expect(MemberTableText.text(all).hasSuffix("View 9f31c2aa: both nodes agree.\n"))
        all.rows.remove(at: 1)
        all.view = ViewAgreement(digest: "9f31c2aa", agreeing: 1, total: 1)
        #expect(MemberTableText.text(all).hasSuffix("View 9f31c2aa: this node is alone.\n"))
    }

    @Test func `the first start says where, with which key, and how others join`() {
        var facts = ClusterStarted(
            clusterName: "default", nodeName: "n1", isNameGiven: true, address: loopback(2254),
            keyFingerprint: "3f9a21c0", keyOrigin: .new(path: "…/cluster.key"))
        #expect(
            ClusterText.started(facts) == """
                Started cluster server!
                Cluster "default" is up on 127.0.0.1:2254 (udp+tcp), key 3f9a21c0 (new, in …/cluster.key).
                  Join from another terminal:  iridium --node-alias n2 -P 2255   then   !join_cluster 127.0.0.1 2254

                """)
        facts.isNameGiven = false
        #expect(
            ClusterText.started(facts).contains(
                "terminal:  iridium   then   !join_cluster 127.0.0.1 2254\n"))
        facts.isNameGiven = true
        facts.nodeName = "web"
        #expect(ClusterText.started(facts).contains("--node-alias web-2 -P 2255"))
        facts.nodeName = "n9"
        #expect(ClusterText.started(facts).contains("--node-alias n10 "))
        facts.dataRoot = "/srv/my data"
        facts.keyFile = "/k"
        facts.clusterName = "staging"
        #expect(
            ClusterText.started(facts).contains(
                "iridium --cluster staging --data-root-dir '/srv/my data' --key-file /k "
                    + "--node-alias n10 -P 2255   then   "))
    }

    @Test func `who joins from another host is told to listen where it can be called`() {
        let facts = ClusterStarted(
            clusterName: "default", nodeName: "n1", isNameGiven: false,
            address: Endpoint(.v4(0x0A4D_0701), port: 2254), keyFingerprint: "3f9a21c0",
            keyOrigin: .given)
        #expect(
            ClusterText.started(facts).contains(
                "Join from another host, given the same key:  "
                    + "iridium --key-file PATH -H ITS-ADDRESS   then   !join_cluster 10.77.7.1 2254\n"
            ))
    }

    @Test func `a join tells what came of it`() {
        var facts = ClusterJoined(
            clusterName: "default", seed: "localhost:2254", receivedMembers: 2, members: 3,
            heartbeatsPass: true,
            aliveNames: ["n1", "n2", "n3"], convergedIn: .milliseconds(84))
        #expect(
            "Attempting to join cluster...\n" + ClusterText.joined(facts) == """
                Attempting to join cluster...
                Connected to cluster!
                Received 2 members; heartbeats pass both ways. Joined "default": 3 alive (n1, n2, n3), converged in 0.1 s.

                """)
        facts.convergedIn = .milliseconds(12)
        #expect(ClusterText.joined(facts).contains("converged in 12 ms."))
        facts.startedFirst = .init(address: loopback(2255), takenPort: 2254)
        #expect(
            ClusterText.joined(facts).hasSuffix(
                "The cluster server was off. It was started first, on 127.0.0.1:2255, "
                    + "because 2254 is taken.\n"))
    }

    @Test func `a change is one line`() {
        let joined = EventLine(
            time: "12:04:31", member: "n2", change: .joined(from: loopback(2255)), aliveCount: 2)
        #expect(joined.text == "[12:04:31] n2 joined from 127.0.0.1:2255 (2 alive)")
    }

    @Test func `the list of events says who was believed, and why`() {
        let failed = EventLine(
            time: "12:04:35", member: "n2", change: .failed, aliveCount: 2,
            reason: "by n3: no ack in 50 ms, TCP refused; own health 0")
        #expect(failed.text == "[12:04:35] n2 is dead (2 alive)")
        #expect(
            ClusterText.events([failed])
                == "[12:04:35] n2 is dead (2 alive): "
                + "by n3: no ack in 50 ms, TCP refused; own health 0\n")
    }

    @Test(arguments: [
        (0, "deploy 42", "message from n2: deploy 42"), (7, "", "message 7 from n2:"),
        (
            0, "a\u{1B}[2J\r\nb\u{202E}\u{9B}",
            #"message from n2: a\u{1b}[2J\u{d}\u{a}b\u{202e}\u{9b}"#
        ),
        (
            0, String(repeating: "\u{7}", count: 1_024),
            "message from n2: " + String(repeating: #"\u{7}"#, count: 1_024)
        ),
    ])
    func `a message is shown whole, and cannot move the cursor`(
        _ type: UInt16, _ text: String, _ shown: String
    ) {
        let message = MessageLine(sender: "n2", type: type, payload: Array(text.utf8))
        let line = EventLine(
            time: "12:04:40", member: "n2", change: .message(message), aliveCount: 0)
        #expect(line.text == "[12:04:40] " + shown)
        #expect(ClusterText.events([line]) == line.text + "\n")
    }

    @Test func `a message that is no text is shown in hexadecimal`() {
        let message = MessageLine(sender: "n2", type: 3, payload: [0xFF, 0x00, 0x0A])
        #expect(
            message.monitorText(time: "12:04:40.020", nameWidth: 4)
                == "12:04:40.020  n2    message 3         3 bytes 0xff000a")
    }

    @Test(arguments: [[], [0], [0xFF, 0x10, 0x00]] as [[UInt8]])
    func `bytes are read back from their digits`(_ bytes: [UInt8]) {
        #expect(Hexadecimal.bytes(hexadecimal(bytes)) == bytes)
    }

    @Test(arguments: ["0", "0g", "+1", "ä", "0x00"])
    func `what is no hexadecimal has no bytes`(_ text: String) {
        #expect(Hexadecimal.bytes(text) == nil)
    }

    @Test func `the monitor shows state, cause and outcome`() {
        let suspected = MonitorLine(
            time: "12:08:39.020", member: "n3", from: .alive, to: .suspect,
            reason: "by n2: no ack in 180 ms, 3 of 3 relays failed, "
                + "last heard 1.2 s ago; own health 0")
        let refuted = MonitorLine(
            time: "12:08:41.310", member: "n3", from: .suspect, to: .alive,
            reason: "refuted the suspicion, incarnation 3 → 4",
            falseSuspicionLasted: .milliseconds(2_290))
        let left = MonitorLine(
            time: "12:09:02.771", member: "n4", from: .alive, to: .left, reason: "said goodbye")
        #expect(
            [suspected, refuted, left].map { $0.text() + "\n" }.joined() == """
                12:08:39.020  n3  alive → suspect   by n2: no ack in 180 ms, 3 of 3 relays failed, last heard 1.2 s ago; own health 0
                12:08:41.310  n3  suspect → alive   refuted the suspicion, incarnation 3 → 4  (false suspicion, 2.29 s)
                12:09:02.771  n4  alive → left      said goodbye

                """)
    }

    @Test(arguments: [
        (Duration.seconds(0), "0s"), (.milliseconds(2_900), "2s"), (.seconds(59), "59s"),
        (.seconds(60), "1m00s"), (.seconds(252), "4m12s"), (.seconds(7_500), "2h05m"),
        (.seconds(86_400), "24h"), (.seconds(172_800), "2d"), (.seconds(273_600), "3d04h"),
        (.seconds(-5), "0s"),
    ])
    func `a span in a column has whole units`(_ span: Duration, _ text: String) {
        #expect(DurationText.elapsed(span) == text)
    }

    @Test(arguments: [
        (Duration.microseconds(4), "0.00ms"), (.microseconds(310), "0.31ms"),
        (.microseconds(9_996), "10.0ms"), (.microseconds(12_440), "12.4ms"),
        (.milliseconds(123), "123ms"), (.milliseconds(1_250), "1.25s"),
    ])
    func `a round trip has three digits`(_ span: Duration, _ text: String) {
        #expect(DurationText.roundTrip(span) == text)
    }

    @Test(arguments: [
        (Duration.milliseconds(180), "180 ms"), (.milliseconds(1_200), "1.2 s"),
        (.seconds(2), "2 s"), (.seconds(6), "6 s"), (.milliseconds(99_600), "100 s"),
        (.seconds(300), "5m00s"),
    ])
    func `a span in a sentence has a unit of its own`(_ span: Duration, _ text: String) {
        #expect(DurationText.spoken(span) == text)
    }

    @Test func `spans beyond all measure do not trap`() {
        for span in [Duration.seconds(Int64.max), .seconds(Int64.min), .zero] {
            _ = (DurationText.elapsed(span), DurationText.roundTrip(span))
            _ = (DurationText.spoken(span), DurationText.countdown(span))
        }
    }

    @Test func `the output of a background program keeps its lines and cannot move the cursor`() {
        #expect(Layout.printableLines("a\tb\n\u{1B}[2J\rc") == "a\tb\n\\u{1b}[2J\\u{d}c")
    }
}
