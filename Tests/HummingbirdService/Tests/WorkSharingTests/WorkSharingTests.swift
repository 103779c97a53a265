import Membership
import MembershipTesting
import Testing

@testable import WorkSharing

@Suite(.timeLimit(.minutes(10)))
struct `Shared work` {
    private let cluster = ScriptedCluster("a", tags: WorkSharing.open)
    private let sharing: WorkSharing

    init() {
        sharing = WorkSharing(cluster) { "\($0) by a" }
        cluster.join("b", tags: WorkSharing.open)
        cluster.answer(type: WorkSharing.messageType) { message in
            Array("\(String(decoding: message.payload, as: UTF8.self)) by b".utf8)
        }
    }

    @Test func `each key is done by its owner`() async throws {
        for key in (0..<20).map({ "key-\($0)" }) {
            let owner = try #require(cluster.view.owners(of: key.utf8).first)
            #expect(try await sharing.result(of: key) == "\(key) by \(owner.name)")
        }
        #expect(sharing.done.count + cluster.sent.count == 20)
        #expect(!sharing.done.isEmpty && !cluster.sent.isEmpty)
    }

    @Test func `work of a dead owner goes to the next one`() async throws {
        let key = try #require(
            (0..<100).map { "key-\($0)" }.first {
                cluster.view.owners(of: $0.utf8).first?.name == "b"
            })
        let script = cluster
        script.answer(type: WorkSharing.messageType) { message in
            script.fail("b")
            throw ClusterError.memberUnreachable(message.to ?? script.localMember.id)
        }
        #expect(try await sharing.result(of: key) == "\(key) by a")
    }

    @Test func `a member that drains finishes its work, and takes no more`() async throws {
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        let sharing = WorkSharing(cluster) { key in
            for await _ in gate { break }
            return "\(key) by a"
        }
        let script = cluster
        let serving = Task { try await sharing.serve() }
        try await script.settle()
        let asked = Task {
            try await script.ask(Array("x".utf8), type: WorkSharing.messageType, from: "b")
        }
        let draining = Task { try await sharing.drain() }
        try await cluster.waitUntil { $0.members.first?.tags == WorkSharing.closing }
        // b is the only owner now.
        #expect(try await sharing.result(of: "y") == "y by b")
        open.finish()
        #expect(String(decoding: try await asked.value, as: UTF8.self) == "x by a")
        try await draining.value
        await cluster.leave()
        try await serving.value
    }

    @Test func `without a member that takes work there is an error`() async throws {
        try await cluster.setTags(WorkSharing.closing)
        cluster.leave("b")
        await #expect(throws: WorkSharing.Unavailable.self) { try await sharing.result(of: "x") }
    }
}
