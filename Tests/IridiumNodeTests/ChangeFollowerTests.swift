import IridiumJSON
import IridiumShell
import Membership
import Testing

@testable import IridiumNode

@Suite struct ChangeFollowerTests {
    private let time = WallClock(seconds: 1_767_225_600, milliseconds: 20)
    private let start = ContinuousClock.now

    private func member(
        _ name: String, _ number: UInt64, _ state: MemberState = .alive, incarnation: UInt64 = 1,
        reason: Member.Reason? = nil, isSelf: Bool = false, boot: UInt64 = 0, port: UInt16 = 2254,
        metadata: [UInt8] = []
    ) throws -> Member {
        Member(
            id: NodeID(number), name: try NodeAlias(parsing: name), state: state,
            endpoint: Endpoint(.v4(0x7F00_0001), port: port),
            incarnation: try #require(Incarnation(incarnation)), metadata: metadata,
            isSelf: isSelf, roundTripTime: nil, timeInState: .zero, reason: reason, boot: boot)
    }

    @Test func `a snapshot tells who is there, and is no news`() throws {
        var follower = ChangeFollower()
        let changes = follower.changes(
            in: .snapshot([try member("n1", 1), try member("n2", 2, .suspect)]), at: time,
            now: start)
        #expect(changes.map(\.kind) == [.joined, .joined])
        #expect(changes.allSatisfy { $0.isSnapshot })
        #expect(follower.names == ["n1", "n2"])
    }

    @Test func `a refuted suspicion is told with its length`() throws {
        var follower = ChangeFollower()
        _ = follower.changes(
            in: .snapshot([try member("n1", 1), try member("n2", 2, isSelf: true)]), at: time,
            now: start)
        let reason = Member.Reason(
            accusers: [try NodeAlias(parsing: "n2")], text: "by n2: no ack in 180 ms", deadIn: nil)
        let suspected = try #require(
            follower.changes(
                in: .suspected(try member("n1", 1, .suspect, reason: reason)), at: time, now: start
            ).first)
        #expect(suspected.monitorLine.text().contains("alive → suspect"))
        #expect(suspected.monitorLine.text().hasSuffix("by n2: no ack in 180 ms"))
        #expect(suspected.eventLine.text.hasSuffix("n1 is suspect, says n2 (1 alive)"))
        let recovered = try #require(
            follower.changes(
                in: .recovered(try member("n1", 1, incarnation: 4)), at: time,
                now: start + .milliseconds(2_290)
            ).first)
        let line = recovered.monitorLine.text()
        #expect(line.contains("refuted the suspicion, incarnation 1 → 4"))
        #expect(line.contains("(false suspicion, 2.29 s)"))
    }

    @Test func `a message is told with the name of its sender, or its id`() throws {
        var follower = ChangeFollower()
        _ = follower.changes(in: .snapshot([try member("n2", 2)]), at: time, now: start)
        let event = ClusterEvent.message(from: NodeID(2), type: 7, payload: Array("hi\n".utf8))
        #expect(follower.changes(in: event, at: time, now: start).isEmpty)
        let known = try #require(follower.message(in: event, at: time))
        #expect(
            known.json(observer: "n1").line
                == #"{"schema":"iridium.event/1","at":"2026-01-01T00:00:00.020Z","event":"message","#
                + #""member":"n2","observer":"n1","id":"0000000000000002","type":7,"bytes":3,"#
                + #""text":"hi\n","hex":null}"#)
        let unknown = try #require(
            follower.message(
                in: .message(from: NodeID(3), type: 0, payload: [0xFF]), at: time))
        let json = unknown.json(observer: "n1", line: "shown")
        #expect(json["member"]?.text == "0000000000000003")
        #expect(json["text"] == .null)
        #expect(json["hex"]?.text == "ff")
        #expect(json["line"]?.text == "shown")
        #expect(follower.message(in: .joined(try member("n3", 3)), at: time) == nil)
    }

    @Test func `a node counts itself, whether it is told of itself or not`() throws {
        var follower = ChangeFollower()
        _ = follower.changes(in: .snapshot([]), at: time, now: start)
        let joined = follower.changes(in: .joined(try member("n2", 2)), at: time, now: start)
        #expect(joined.map(\.aliveCount) == [2])
        _ = follower.changes(
            in: .lagged(
                dropped: 1, snapshot: [try member("n1", 1, isSelf: true), try member("n2", 2)]),
            at: time, now: start)
        let failed = follower.changes(in: .failed(try member("n2", 2, .dead)), at: time, now: start)
        #expect(failed.map(\.aliveCount) == [1])
    }

    @Test func `after a lag only what differs is told`() throws {
        var follower = ChangeFollower()
        _ = follower.changes(
            in: .snapshot([
                try member("n1", 1, isSelf: true), try member("n2", 2), try member("n3", 3),
            ]),
            at: time, now: start)
        let changes = follower.changes(
            in: .lagged(
                dropped: 9,
                snapshot: [
                    try member("n1", 1, isSelf: true), try member("n2", 2, .dead),
                    try member("n4", 4),
                ]), at: time, now: start)
        #expect(changes.map(\.kind) == [.failed, .joined])
        #expect(changes.allSatisfy { !$0.isSnapshot })
        #expect(changes.last?.aliveCount == 2)
    }

    @Test func `an event is one JSON object with the promised keys`() throws {
        var follower = ChangeFollower()
        let change = try #require(
            follower.changes(in: .joined(try member("n3", 3)), at: time, now: start).first)
        #expect(
            change.json(observer: "n1")?.line
                == #"{"schema":"iridium.event/1","at":"2026-01-01T00:00:00.020Z","event":"joined","#
                + #""member":"n3","observer":"n1","id":"0000000000000003","address":"127.0.0.1:2254","#
                + #""incarnation":1,"state":"alive","why":null,"snapshot":false,"#
                + #""metadata":null,"metadata_hex":null,"boot":"0000000000000000","changed":[],"tags":null}"#
        )
    }

    @Test func `an update says what changed`() throws {
        var follower = ChangeFollower()
        _ = follower.changes(in: .snapshot([try member("n2", 2, boot: 7)]), at: time, now: start)
        let update = { (member: Member) in
            try #require(
                follower.changes(in: .updated(member, was: member), at: time, now: start).first)
        }
        let reborn = try member("n2", 2, incarnation: 2, boot: 8)
        let restarted = try #require(
            follower.changes(in: .restarted(reborn), at: time, now: start).first)
        #expect(restarted.monitorLine.text().hasSuffix("restarted, incarnation 1 → 2"))
        #expect(restarted.eventLine.text.contains("n2 restarted (2 alive)"))
        #expect(restarted.json(observer: "n1")?["event"] == "restarted")
        #expect(restarted.json(observer: "n1")?["changed"] == [])
        #expect(restarted.json(observer: "n1")?["boot"] == "0000000000000008")
        let moved = try update(try member("n2", 2, incarnation: 3, boot: 8, port: 2255))
        #expect(moved.eventLine.text.contains("n2 moved from 127.0.0.1:2254 to 127.0.0.1:2255"))
        #expect(moved.json(observer: "n1")?["changed"] == ["address"])
        let told = try update(
            try member(
                "n2", 2, incarnation: 4, boot: 8, port: 2255, metadata: Array("role=web".utf8)))
        #expect(told.monitorLine.text().contains("has new metadata: role=web"))
        let anew = try update(
            try member(
                "n2", 2, incarnation: 5, boot: 8, port: 2255, metadata: Array("role=web".utf8)))
        #expect(anew.monitorLine.text().contains("stated its record again"))
    }

    @Test func `the names of a followed cluster are sorted for their reader`() throws {
        let cluster = FollowedCluster()
        _ = cluster.take(.snapshot([try member("n3", 3), try member("n1", 1)]))
        _ = cluster.take(.joined(try member("n2", 2)))
        #expect(cluster.names == ["n1", "n2", "n3"])
        let renamed = try member("n9", 1, incarnation: 2)
        #expect(cluster.take(.updated(renamed, was: try member("n1", 1))).changes.count == 1)
        _ = cluster.take(.removed(try member("n2", 2, .dead)))
        #expect(cluster.names == ["n3", "n9"])
        #expect(cluster.count == 2)
        let message = cluster.take(.message(from: NodeID(3), type: 1, payload: [])).message
        #expect(message?.line.sender == "n3")
    }
}
