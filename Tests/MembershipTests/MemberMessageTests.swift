import MembershipWire
import Testing

@testable import Membership

@Suite struct MessageQueueTests {
    private func message(_ number: Int, type: UInt16 = 7) -> Message {
        Message(
            from: NodeID(1), type: type, payload: [UInt8(truncatingIfNeeded: number)],
            kind: .datagram)
    }

    @Test func `a reader that is too slow learns where how many messages are missing`() async {
        let broadcast = MessageBroadcast()
        let reader = broadcast.subscribe(type: nil, capacity: 2)
        for number in 0..<5 { _ = broadcast.publish(message(number)) }
        #expect(await reader.next() == .message(message(0)))
        // There is room again: the gap stands before what comes next.
        #expect(broadcast.publish(message(5)) == MessageBroadcast.Delivery(taken: 1, lost: 0))
        #expect(broadcast.publish(message(6)) == MessageBroadcast.Delivery(taken: 0, lost: 1))
        #expect(await reader.next() == .message(message(1)))
        #expect(await reader.next() == .lost(3))
        #expect(await reader.next() == .message(message(5)))
        #expect(await reader.next() == .lost(1))
        broadcast.finish()
        #expect(await reader.next() == nil)
    }

    @Test func `each reader gets the messages of its type, and none is held up by another`() async {
        let broadcast = MessageBroadcast()
        let all = broadcast.subscribe(type: nil, capacity: 8)
        let one = broadcast.subscribe(type: 1, capacity: 1)
        #expect(broadcast.publish(message(0, type: 2)).hasReader)
        _ = broadcast.publish(message(1, type: 1))
        _ = broadcast.publish(message(2, type: 1))
        broadcast.finish()
        #expect(await one.next() == .message(message(1, type: 1)))
        #expect(await one.next() == .lost(1))
        #expect(await one.next() == nil)
        for number in 0...2 {
            #expect(await all.next() == .message(message(number, type: number == 0 ? 2 : 1)))
        }
        #expect(await all.next() == nil)
    }

    @Test func `a type without a reader is known to have none, also after the reader has gone`() {
        let broadcast = MessageBroadcast()
        #expect(!broadcast.publish(message(0)).hasReader)
        do {
            let reader = broadcast.subscribe(type: 1, capacity: 1)
            #expect(!broadcast.publish(message(0)).hasReader)
            withExtendedLifetime(reader) {}
        }
        #expect(!broadcast.publish(message(0, type: 1)).hasReader)
    }

    @Test func `a reader that is always a little behind keeps nothing that it has read`() {
        var queue = ReadQueue<Int>()
        for number in 0..<10_000 {
            queue.append(number)
            if number >= 3 { #expect(queue.take() == number - 3) }
        }
        #expect(queue.count == 3)
        #expect(queue.heldSlots < 200)
    }
}

extension `On loopback` {
    @Suite(.timeLimit(.minutes(10)))
    struct `Messages to one member` {
        let world = World()

        @Test func `a message to one member comes to that one alone, and says from whom`()
            async throws
        {
            let clusters = try await world.start(["n1", "n2", "n3"])
            let (n1, n2, n3) = (clusters[0], clusters[1], clusters[2])
            let (second, third) = (n2.messages(type: 7), n3.messages())
            let atSecond = second.makeAsyncIterator()
            let atThird = third.makeAsyncIterator()
            try await n1.send([1, 2], type: 7, to: n2.localMember.id)
            try await n1.send([3], type: 8, to: n3.localMember.id)
            let me = n1.localMember.id
            #expect(
                await atSecond.next()
                    == .message(Message(from: me, type: 7, payload: [1, 2], kind: .datagram)))
            #expect(
                await atThird.next()
                    == .message(Message(from: me, type: 8, payload: [3], kind: .datagram)))
            await clusters.leave()
            #expect(await atSecond.next() == nil)
            #expect(await atThird.next() == nil)
        }

        @Test func `a member can send to itself, and not to one that does not live`() async throws {
            let n1 = try await world.start("n1")
            let reader = n1.messages().makeAsyncIterator()
            let me = n1.localMember.id
            try await n1.send([9], to: me)
            #expect(
                await reader.next()
                    == .message(Message(from: me, type: 0, payload: [9], kind: .datagram)))
            await #expect(throws: ClusterError.memberGone(NodeID(5))) {
                try await n1.send([9], to: NodeID(5))
            }
            await #expect(throws: ClusterError.messageTooLong(bytes: 1_025)) {
                try await n1.send(Array(repeating: 0, count: 1_025), to: me)
            }
            await n1.leave()
            await #expect(throws: ClusterError.notRunning) { try await n1.send([9], to: me) }
        }

        @Test func `what would be lost is refused: too many messages to one member`() async throws {
            let clusters = try await world.start(["n1", "n2"])
            let target = clusters[1].localMember.id
            var sent = 0
            do {
                // Far more than the measure of a member holds, however slow this machine is.
                for _ in 0..<100_000 {
                    try await clusters[0].send([0], to: target)
                    sent += 1
                }
                Issue.record("100,000 messages were sent")
            } catch {
                #expect(error == .congested)
            }
            #expect(sent >= 100)
            await clusters.leave()
        }

        @Test func `a type that nothing reads is an event, and a broadcast says that it was one`()
            async throws
        {
            let clusters = try await world.start(["n1", "n2"])
            let (n1, n2) = (clusters[0], clusters[1])
            let me = n1.localMember.id
            let events = n2.events.makeAsyncIterator()
            let reader = n2.messages(type: 1).makeAsyncIterator()
            try await n1.broadcast(type: 1, [1])
            #expect(
                await reader.next()
                    == .message(Message(from: me, type: 1, payload: [1], kind: .broadcast)))
            try await n1.send([2], type: 2, to: n2.localMember.id)
            while let event = await events.next() {
                guard case .message(let from, let type, let payload) = event else { continue }
                #expect(from == me && type == 2 && payload == [2])
                break
            }
            await clusters.leave()
        }

        @Test func `a sender of a flood to all is slowed down, and no event of a member is lost`()
            async throws
        {
            let clusters = try await world.start(["n1", "n2"])
            let (n1, n2) = (clusters[0], clusters[1])
            let slow = n2.messages(capacity: 1)
            let unread = slow.makeAsyncIterator()
            var isCongested = false
            let payload = Array(repeating: UInt8(7), count: Bounds.userPayloadBytes)
            for _ in 0..<100_000 where !isCongested {
                do {
                    try await n1.broadcast(type: 1, payload)
                } catch {
                    #expect(error == .congested)
                    isCongested = true
                }
            }
            #expect(isCongested)
            let n3 = try await world.start("n3")
            _ = try await n3.join([n1.seed])
            await n2.waitFor("n3", .alive)
            withExtendedLifetime(unread) {}
            await (clusters + [n3]).leave()
        }
    }
}
