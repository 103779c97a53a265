import Testing

@testable import Membership

extension `On loopback` {
    @Suite(.timeLimit(.minutes(10)))
    struct `Events of a cluster` {
        let world = World()

        @Test func `a subscription starts with where things stand`() async throws {
            let clusters = try await world.start(["n1", "n2"])
            for cluster in clusters {
                let events = cluster.events.makeAsyncIterator()
                guard case .snapshot(let members) = await events.next() else {
                    Issue.record("the first event is no snapshot")
                    return
                }
                #expect(members.map(\.name.text) == ["n1", "n2"])
            }
            await clusters.leave()
        }

        @Test func `a reader that came before the start begins with this node itself`() async throws
        {
            let cluster = Cluster(configuration: try world.configuration("n1"))
            let events = cluster.events.makeAsyncIterator()
            try await cluster.start()
            guard case .snapshot(let members) = await events.next() else {
                Issue.record("the first event is no snapshot")
                return
            }
            #expect(members.map(\.id) == [cluster.localMember.id])
            #expect(members.map(\.isSelf) == [true])
            try await cluster.setMetadata([1])
            guard case .updated(let member, let was) = await events.next() else {
                Issue.record("the start is told twice")
                return
            }
            #expect(member.metadata == [1])
            #expect(was.metadata == [])
            await cluster.leave()
        }

        @Test func `a reader that is always a little behind keeps nothing that it has read`() async
        {
            let broadcast = EventBroadcast(capacity: 8)
            let behind = broadcast.subscribe()
            broadcast.publish([], members: MemberList())
            for number in 0..<2_000 {
                broadcast.publish([.message(number)], members: MemberList())
                if number >= 2 { _ = await behind.next() }
            }
            #expect(behind.heldEntries <= 64 + 2 * 8)
        }

        @Test func `events end when the cluster stops`() async throws {
            let n1 = try await world.start("n1")
            let events = n1.events.makeAsyncIterator()
            _ = await events.next()
            async let end = { while await events.next() != nil {} }()
            await n1.leave()
            await end
            let after = n1.events.makeAsyncIterator()
            guard case .snapshot = await after.next() else {
                Issue.record("a stopped cluster has no last snapshot")
                return
            }
            #expect(await after.next() == nil)
        }

        @Test func `a slow reader is told what it missed and where things stand`() async throws {
            let broadcast = EventBroadcast(capacity: 3)
            let slow = broadcast.subscribe()
            for number in 0..<10 { broadcast.publish([.message(number)], members: MemberList()) }
            // The first snapshot takes one place, so two messages fit.
            guard case .snapshot = await slow.next() else {
                Issue.record("it does not start with a snapshot")
                return
            }
            #expect(await slow.next()?.number == 0)
            #expect(await slow.next()?.number == 1)
            guard case .lagged(let dropped, _) = await slow.next() else {
                Issue.record("it was not told")
                return
            }
            #expect(dropped == 8)
            broadcast.publish([.message(10)], members: MemberList())
            #expect(await slow.next()?.number == 10)
        }

        @Test func `a reader that does not read holds up neither the others nor the writer`() async
        {
            let broadcast = EventBroadcast(capacity: 2)
            broadcast.publish([], members: MemberList())
            let asleep = broadcast.subscribe()
            let awake = broadcast.subscribe()
            _ = await awake.next()
            for number in 0..<100 {
                broadcast.publish([.message(number)], members: MemberList())
                #expect(await awake.next()?.number == number)
            }
            _ = asleep
        }

        @Test func `a reader whose task is cancelled gets the end`() async {
            let broadcast = EventBroadcast(capacity: 2)
            broadcast.publish([], members: MemberList())
            let subscription = broadcast.subscribe()
            _ = await subscription.next()
            let reader = Task { await subscription.next() }
            reader.cancel()
            #expect(await reader.value == nil)
            #expect(await subscription.next() == nil)
        }

        @Test func `a reader that is dropped is forgotten`() async {
            let broadcast = EventBroadcast(capacity: 2)
            do { _ = broadcast.subscribe() }
            #expect(broadcast.readerCount == 0)
            let kept = broadcast.subscribe()
            #expect(broadcast.readerCount == 1)
            _ = kept
        }
    }
}

extension ClusterEvent {
    fileprivate static func message(_ number: Int) -> ClusterEvent {
        .message(from: NodeID(0), type: UInt16(number), payload: [])
    }

    fileprivate var number: Int? {
        if case .message(_, let type, _) = self { Int(type) } else { nil }
    }
}
