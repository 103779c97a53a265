import Membership
import MembershipTesting
import Testing

/// One after the other: each starts several nodes.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct `A test cluster` {
    private struct Failure: Error {}

    @Test func `forms, and ends when its test ends`() async throws {
        let clusters = try await withTestCluster(nodes: 3) { c in
            #expect(c.count == 3)
            for node in 0..<3 {
                #expect(c[node].view.living.map(\.name) == ["n0", "n1", "n2"])
                #expect(c[node].localMember.name.text == "n\(node)")
            }
            return (0..<3).map { c[$0] }
        }
        for cluster in clusters {
            await #expect(throws: ClusterError.notRunning) { try await cluster.setMetadata([]) }
        }
    }

    @Test func `ends when its test throws`() async throws {
        var clusters: [Cluster] = []
        await #expect(throws: Failure.self) {
            try await withTestCluster(nodes: 2) { c in
                clusters = [c[0], c[1]]
                throw Failure()
            }
        }
        for cluster in clusters {
            await #expect(throws: ClusterError.notRunning) { try await cluster.setMetadata([]) }
        }
    }

    @Test func `a killed node is seen as failed by the others, and comes back as itself`()
        async throws
    {
        try await withTestCluster(nodes: 3) { c in
            let before = c[1].localMember
            // Subscribed before the kill: its event comes after the snapshot, however late it is read.
            let watches = [0, 2].map { c[$0].events.makeAsyncIterator() }
            await c.kill(1)
            for watch in watches {
                var failed: NodeID?
                while failed == nil, let event = await watch.next() {
                    if case .failed(let member) = event { failed = member.id }
                }
                #expect(failed == before.id)
            }
            try await c.converge()
            #expect(c[0].view[before.id]?.state == .dead)

            try await c.restart(1)
            try await c.converge()
            #expect(c[1].localMember.id == before.id)
            #expect(c[0].view[before.id]?.state == .alive)
            #expect(before.incarnation < c[1].localMember.incarnation)
        }
    }

    @Test(arguments: [true, false])
    func `the sides of a split declare each other dead, and meet when it heals`(
        lifelines: Bool
    ) async throws {
        try await withTestCluster(
            nodes: 4, configure: { _, configuration in configuration.lifelines = lifelines }
        ) { c in
            await c.partition([0, 1])
            try await c.converge()
            #expect(c[0].view.living.map(\.name) == ["n0", "n1"])
            #expect(c[3].view.living.map(\.name) == ["n2", "n3"])
            #expect(c[0].members.map(\.state) == [.alive, .alive, .dead, .dead])
            await c.heal()
            try await c.converge()
            #expect(c[0].view.living.count == 4)
        }
    }

    @Test func `no byte of an open stream passes a split`() async throws {
        try await withTestCluster(nodes: 2) { c in
            let (asked, isAsked) = AsyncStream.makeStream(of: Void.self)
            let (gate, open) = AsyncStream.makeStream(of: Void.self)
            let server = c[1]
            let serving = Task {
                try await server.serve(type: 7) { message in
                    isAsked.yield()
                    for await _ in gate { break }
                    return message.payload
                }
            }
            let (client, id) = (c[0], server.localMember.id)
            let answer = Task {
                var result: Result<[UInt8], ClusterError> = .failure(.noReader(type: 7))
                while case .failure(.noReader) = result {
                    do throws(ClusterError) {
                        result = .success(
                            try await client.request([1], type: 7, of: id, within: .seconds(1)))
                    } catch {
                        result = .failure(error)
                    }
                }
                return result
            }
            for await _ in asked { break }
            await c.partition([0], [1])
            open.yield()
            guard case .failure = await answer.value else {
                Issue.record("an answer passed the split")
                return
            }
            await c.heal()
            open.finish()
            try await c.converge()
            #expect(try await client.request([2], type: 7, of: id) == [2])
            serving.cancel()
            try await serving.value
        }
    }

    @Test func `a node is configured by its number, and works without lifelines`() async throws {
        try await withTestCluster(nodes: 2) { node, configuration in
            configuration.metadata = (["number": "\(node)"] as Tags).metadata
            configuration.lifelines = false
        } _: { c in
            #expect(c[0].view.living.map { $0.tags?["number"] } == ["0", "1"])
            await c.lose(percent: 100)
            await c.kill(1)
            try await c.converge()
            #expect(c[0].view.living.count == 1)
        }
    }

    @Test func `a number that no node has traps`() async throws {
        let result = try await #require(
            processExitsWith: .failure, observing: [\.standardErrorContent]
        ) {
            try await withTestCluster(nodes: 1) { c in await c.kill(1) }
        }
        let text = String(decoding: result.standardErrorContent, as: UTF8.self)
        #expect(text.contains("there is no node 1: there are 0 to 0"))
    }
}
