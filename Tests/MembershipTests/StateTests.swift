import MembershipWire
import Testing

@testable import Membership
@testable import MembershipCore

extension `On loopback` {
    /// What members publish, on real nodes.
    @Suite(.timeLimit(.minutes(10)))
    struct States {
        let world = World()

        /// Reads the changes of a node until one holds.
        private func wait(
            _ cluster: Cluster, prefix: String = "",
            until holds: @Sendable (MemberStates) -> Bool
        ) async throws {
            for await _ in cluster.stateChanges(prefix: prefix) where holds(cluster.states) {
                return
            }
            Issue.record("the changes ended")
        }

        @Test func `a value that a member sets is held by all, and a newcomer is given it`()
            async throws
        {
            let clusters = try await world.start(["n1", "n2"])
            let (n1, n2) = (clusters[0], clusters[1])
            let id = n1.localMember.id
            let large = Array(repeating: UInt8(7), count: 4_096)
            try await n1.updateState {
                $0["ready"] = [1]
                for number in 0..<3 { $0["part/\(number)"] = large }
            }
            try await wait(n2) { $0[id].count == 4 }
            #expect(n2.states[id]["ready"] == [1])
            #expect(n2.states.values(of: "part/2").map(\.value) == [large])
            let n3 = try await world.start("n3")
            _ = try await n3.join([n2.seed])
            try await wait(n3) { $0[id].count == 4 }
            #expect(n3.states == n2.states)
            let status = await n3.status()
            #expect(status.states.members == 1)
            #expect(status.states.bytes > 3 * 4_096)
            for cluster in clusters + [n3] { await cluster.leave() }
        }

        @Test func `a member that leaves publishes nothing any more`() async throws {
            let clusters = try await world.start(["n1", "n2"])
            let (n1, n2) = (clusters[0], clusters[1])
            let id = n1.localMember.id
            try await n1.updateState { $0["a"] = [1] }
            try await wait(n2) { $0[id] == ["a": [1]] }
            try await n1.updateState { $0["a"] = nil }
            try await wait(n2) { $0[id].isEmpty }
            try await n1.updateState { $0["b"] = [2] }
            try await wait(n2) { $0[id] == ["b": [2]] }
            var changes = n2.stateChanges().makeAsyncIterator()
            _ = await changes.next()
            await n1.leave()
            #expect(await changes.next() == .gone(id))
            await n2.leave()
            #expect(await changes.next() == nil)
        }

        @Test func `what cannot be published is refused, and changes nothing`() async throws {
            let cluster = try await world.start("n1")
            try await cluster.updateState { $0["a"] = [1] }
            for key in ["", "a b", "ä", String(repeating: "a", count: 65)] {
                await #expect(throws: ClusterError.badStateKey(key)) {
                    try await cluster.updateState {
                        $0["a"] = [2]
                        $0[key] = []
                    }
                }
            }
            await #expect(throws: ClusterError.stateTooLarge(bytes: 4_097)) {
                try await cluster.updateState { $0["b"] = Array(repeating: 0, count: 4_097) }
            }
            await #expect(throws: ClusterError.self) {
                try await cluster.updateState { state in
                    for number in 0..<129 { state["k\(number)"] = [] }
                }
            }
            #expect(cluster.states[cluster.localMember.id] == ["a": [1]])
            await cluster.leave()
            await #expect(throws: ClusterError.notRunning) {
                try await cluster.updateState { _ in }
            }
        }
    }
}

@Suite struct StateBoardTests {
    private func map(_ values: [String: [UInt8]]) throws -> StateMap {
        try #require(StateMap(try OwnState(values).entries()))
    }

    @Test func `a slow reader gets the difference to what it has seen`() async throws {
        let board = StateBoard()
        let (one, other) = (NodeID(1), NodeID(2))
        board.publish(try map(["a": [1], "b": [1]]), of: one)
        let reader = board.subscribe(prefix: "")
        #expect(await reader.next() == .snapshot(board.states))
        for number in 2...200 as ClosedRange<UInt8> {
            board.publish(try map(["a": [number], "c": []]), of: one)
        }
        board.publish(try map(["x": []]), of: other)
        board.publish(nil, of: other)
        #expect(await reader.next() == .set(one, key: "a", value: [200]))
        #expect(await reader.next() == .removed(one, key: "b"))
        #expect(await reader.next() == .set(one, key: "c", value: []))
        board.publish(nil, of: one)
        #expect(await reader.next() == .gone(one))
        board.finish()
        #expect(await reader.next() == nil)
    }

    @Test func `a reader of a prefix sees only its keys`() async throws {
        let board = StateBoard()
        board.publish(try map(["shard/1": [1], "ready": [1]]), of: NodeID(1))
        let reader = board.subscribe(prefix: "shard/")
        guard case .snapshot(let states)? = await reader.next() else {
            Issue.record("no snapshot")
            return
        }
        #expect(states[NodeID(1)] == ["shard/1": [1]])
        board.publish(try map(["shard/1": [1], "ready": [2], "shard/2": [2]]), of: NodeID(1))
        #expect(await reader.next() == .set(NodeID(1), key: "shard/2", value: [2]))
    }
}
