import Foundation
import MembershipWire
import Testing

@testable import Membership

/// What people read: of errors, events, notices and members.
struct WordsTests {
    private let member = Member(of: NodeID(0x0102_0304_0506_0708), metadata: Array("{}".utf8))

    @Test func `errors say what happened and what to try, without numbers of the system`() {
        let taken = ClusterError.cannotListen("127.0.0.1:2254", transport: .udp, errno: EADDRINUSE)
        #expect(
            taken.description == "cannot listen on 127.0.0.1:2254 (udp): address already in use")
        #expect(taken.hint == "another port, or port 0 for any free one")
        let key = ClusterError.key(.exposed(path: "k", mode: 0o644))
        #expect("\(key)" == "others can read or change the cluster key k (mode 0644)")
        #expect(key.hint == "chmod 600 k")
        let failures = [
            SeedFailure(seed: "a:1", failure: .timedOut),
            SeedFailure(seed: "b:1", failure: .unknownKey),
        ]
        let join = ClusterError.joinFailed(failures)
        #expect(
            "\(join)"
                == "no seed accepted this node: a:1: no answer in time; b:1: it has another cluster key"
        )
        #expect(join.hint == "give all nodes the same key")
        #expect(ClusterError.joinFailed([]).description == "no seed was given")
    }

    @Test func `events are one line, and say whom they are about`() {
        let events: [ClusterEvent] = [
            .snapshot([member]), .joined(member), .suspected(member), .recovered(member),
            .failed(member), .left(member), .restarted(member), .updated(member, was: member),
            .removed(member),
            .message(from: member.id, type: 7, payload: [1, 2]),
            .notice(.stillAlone(tried: ["n1:1 (refused)"])),
            .notice(.seedsUnknown(provider: "dns:a:1", reason: "a has no address")),
            .lagged(dropped: 3, snapshot: [member]),
        ]
        for event in events {
            #expect(!event.description.contains("\n"))
            #expect(!event.description.contains("Membership"))
            #expect(event.description.utf8.count < 120, "\(event)")
        }
        #expect(events.compactMap(\.member).count == 8)
        #expect(events.compactMap(\.snapshot).count == 2)
        #expect("\(events[4])" == "0102030405060708 (127.0.0.1:1) failed")
        #expect("\(events[9])" == "message of type 7 from 01020304, 2 bytes")
        #expect(Set(events).count == events.count)
    }

    @Test func `a member in JSON has the keys that the command line has`() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let text = String(decoding: try encoder.encode([member]), as: UTF8.self)
        #expect(
            text
                == #"[{"address":"127.0.0.1:1","for_ms":0,"id":"0102030405060708","incarnation":1,"#
                + #""metadata":"{}","name":"0102030405060708","protocols":[1,2],"rtt_ms":null,"#
                + #""self":false,"state":"alive","stated_name":"0102030405060708","tags":{},"#
                + #""why":null}]"#)
        let tags: Tags = ["b": "2", "a": "1"]
        let data = try encoder.encode(tags)
        #expect(String(decoding: data, as: UTF8.self) == #"{"a":"1","b":"2"}"#)
        #expect(try JSONDecoder().decode(Tags.self, from: data) == tags)
    }

    @Test func `a view is one line, however many members it has`() {
        let members = (0..<100).map { Member(of: NodeID($0), $0 < 40 ? .alive : .dead) }
        let view = ClusterView(members: members, agreeing: 0, heardFrom: 0)
        #expect(view.description.hasPrefix("40 living of 100 members: "))
        #expect(view.description.hasSuffix(" and 32 more"))
    }
}

extension `On loopback` {
    @Suite(.timeLimit(.minutes(10)))
    struct `A scope` {
        let world = World()

        private struct Refusal: Error, Equatable {}

        @Test func `a scope starts a member and says goodbye, whatever the body does`() async throws
        {
            let n1 = try await world.start("n1")
            for number in 2...3 {
                var configuration = try world.configuration("n\(number)")
                configuration.seeds = [n1.seed]
                let outcome = await Task { [configuration] in
                    try await withCluster(configuration) { cluster in
                        try await cluster.waitUntil(living: 2)
                        if number == 3 { throw Refusal() }
                        return cluster.localMember.name.text
                    }
                }.result
                switch outcome {
                case .success(let name): #expect(name == "n2" && number == 2)
                case .failure(let error): #expect(error is Refusal && number == 3)
                }
                #expect(await n1.waitFor("n\(number)", .left) != nil)
            }
            await n1.leave()
        }
    }
}
