import MembershipWire
import Synchronization
import Testing

@testable import Membership

@Suite struct MessagePartsTests {
    @Test func `a message of any length is the same after its parts, and ends with the last one`()
        throws
    {
        for count in [0, 1, Bounds.dataBytes, Bounds.dataBytes + 1, Bounds.streamedMessageBytes] {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            let parts = StreamMessage.DataPart.parts(of: bytes, applicationType: 3)
            var message = try #require(MessageParts(parts[0]))
            for part in parts.dropFirst() {
                #expect(!message.isWhole)
                let isNext = message.append(part)
                #expect(isNext)
            }
            #expect(message.isWhole && message.bytes == bytes && !message.isTooLong)
            // Nothing comes after the end.
            let isMore = message.append(parts[0])
            #expect(!isMore)
        }
    }

    @Test
    func `a part that is not the next one is refused, and nothing is set aside for a promise`()
        throws
    {
        let first = StreamMessage.DataPart(
            applicationType: 1, total: 0xFFFF_FFFF, offset: 0, bytes: [1, 2])
        var message = try #require(MessageParts(first))
        #expect(message.isTooLong && message.bytes.count == 2)
        for part in [
            StreamMessage.DataPart(applicationType: 1, total: 0xFFFF_FFFF, offset: 1, bytes: [1]),
            StreamMessage.DataPart(applicationType: 2, total: 0xFFFF_FFFF, offset: 2, bytes: [1]),
            StreamMessage.DataPart(applicationType: 1, total: 9, offset: 2, bytes: [1]),
        ] {
            let isNext = message.append(part)
            #expect(!isNext)
        }
        #expect(
            MessageParts(.init(applicationType: 1, total: 9, offset: 2, bytes: [1])) == nil)
    }
}

@Suite struct ServerPlaceTests {
    private func server(_ atOnce: Int) -> Talks.Server {
        Talks.Server(
            atOnce: atOnce, requests: AsyncStream.makeStream(of: ServedRequest.self).continuation)
    }

    /// How many places one member takes, and how many are left for others then.
    private func places(of atOnce: Int, isOwn: Bool = false) -> [Int] {
        var server = server(atOnce)
        let taken = (0...atOnce).filter { _ in server.begin(for: NodeID(1), isOwn: isOwn) }.count
        let others = (2...(2 + UInt64(atOnce))).filter {
            server.begin(for: NodeID($0), isOwn: false)
        }
        return [taken, others.count]
    }

    @Test func `one other member takes a quarter of the places, or two, but at most half`() {
        #expect(places(of: 16) == [4, 12])
        #expect(places(of: 8) == [2, 6])
        #expect(places(of: 5) == [2, 3])
        #expect(places(of: 3) == [1, 2])
        #expect(places(of: 2) == [1, 1])
        #expect(places(of: 1) == [1, 0])
        #expect(places(of: 16, isOwn: true) == [16, 0])
    }

    @Test func `a place is free again when its handler has returned, and not before`() {
        var server = server(2)
        func begin(_ member: UInt64) -> Bool { server.begin(for: NodeID(member), isOwn: false) }
        let first = [begin(1), begin(1), begin(2), begin(3)]
        #expect(first == [true, false, true, false])
        server.end(for: NodeID(1))
        server.end(for: NodeID(1))
        let then = [begin(3), begin(1)]
        #expect(then == [true, false])
    }
}

extension `On loopback` {
    @Suite(.timeLimit(.minutes(10)))
    struct Requests {
        let world = World()

        /// Serves a type until the task is cancelled; returns when it is served.
        private func serve(
            _ cluster: Cluster, type: UInt16 = 7, atOnce: Int = 16,
            _ answer: @escaping @Sendable (Message) async throws -> [UInt8]
        ) async throws -> Task<Void, any Error> {
            let server = Task { try await cluster.serve(type: type, atOnce: atOnce, answer) }
            while await cluster.handle?.get({ $0.talks.servers[type] != nil }) == false {
                await Task.yield()
            }
            return server
        }

        @Test func `a request is answered, whatever its length, by the member it was for`()
            async throws
        {
            let clusters = try await world.start(["n1", "n2"])
            let (n1, n2) = (clusters[0], clusters[1])
            let me = n1.localMember.id
            let server = try await serve(n2) { message in
                guard message.from == me, message.kind == .stream else { return [] }
                return [UInt8](message.payload.reversed())
            }
            for count in [0, 5, 50_000, 100_000] {
                let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 13) }
                let answer = try await n1.request(bytes, type: 7, of: n2.localMember.id)
                #expect(answer == bytes.reversed())
            }
            await #expect(throws: ClusterError.typeServed(7)) {
                try await n2.serve(type: 7) { _ in [] }
            }
            server.cancel()
            try await server.value
            await clusters.leave()
        }

        @Test func `each end of a request that fails has an error that says so`() async throws {
            struct Refused: Error {}
            let clusters = try await world.start(["n1", "n2"])
            let (n1, n2) = (clusters[0], clusters[1])
            let target = n2.localMember.id
            let server = try await serve(n2) { _ in throw Refused() }
            await #expect(throws: ClusterError.refused) {
                try await n1.request([1], type: 7, of: target)
            }
            await #expect(throws: ClusterError.noReader(type: 8)) {
                try await n1.deliver([1], type: 8, to: target)
            }
            await #expect(throws: ClusterError.memberGone(NodeID(5))) {
                try await n1.request([1], type: 7, of: NodeID(5))
            }
            let tooLong = Array(repeating: UInt8(0), count: Bounds.streamedMessageBytes + 1)
            await #expect(throws: ClusterError.messageTooLong(bytes: tooLong.count)) {
                try await n1.request(tooLong, type: 7, of: target)
            }
            server.cancel()
            try await server.value
            await clusters.leave()
            await #expect(throws: ClusterError.notRunning) {
                try await n1.request([1], type: 7, of: target)
            }
        }

        @Test
        func `a server without a place is asked again, and a slow one costs its caller alone`()
            async throws
        {
            let clusters = try await world.start(["n1", "n2"])
            let (n1, n2) = (clusters[0], clusters[1])
            let target = n2.localMember.id
            let running = Mutex((now: 0, most: 0))
            let server = try await serve(n2, atOnce: 1) { message in
                running.withLock { state in
                    state.now += 1
                    state.most = max(state.most, state.now)
                }
                defer { running.withLock { $0.now -= 1 } }
                await Task.yield()
                return message.payload
            }
            let answers = try await withThrowingTaskGroup(of: [UInt8].self) { group in
                for number in 0..<6 as Range<UInt8> {
                    group.addTask {
                        try await n1.request(
                            [number], type: 7, of: target, within: .seconds(60))
                    }
                }
                return try await group.reduce(into: Set<[UInt8]>()) { $0.insert($1) }
            }
            #expect(answers.count == 6)
            #expect(running.withLock(\.most) == 1)
            server.cancel()
            try await server.value
            let silent = try await serve(n2) { _ in
                try await Task.sleep(for: .seconds(3_600))
                return []
            }
            await #expect {
                try await n1.request([1], type: 7, of: target, within: .milliseconds(100))
            } throws: {
                if case ClusterError.timedOut = $0 { true } else { false }
            }
            #expect(n1.members.allSatisfy { $0.state == .alive })
            silent.cancel()
            try await silent.value
            await clusters.leave()
        }

        @Test func `a delivered message waits for its reader, and a member can ask itself`()
            async throws
        {
            let clusters = try await world.start(["n1", "n2"])
            let (n1, n2) = (clusters[0], clusters[1])
            let reader = n2.messages(type: 3).makeAsyncIterator()
            try await n1.deliver([4, 5], type: 3, to: n2.localMember.id)
            #expect(
                await reader.next()
                    == .message(
                        Message(
                            from: n1.localMember.id, type: 3, payload: [4, 5], kind: .stream)))
            let server = try await serve(n1) { $0.payload + [9] }
            #expect(try await n1.request([8], type: 7, of: n1.localMember.id) == [8, 9])
            server.cancel()
            try await server.value
            await clusters.leave()
        }

        @Test
        func `a request to a node that stops ends, and so do the servers of a node that stops`()
            async throws
        {
            let clusters = try await world.start(["n1", "n2"])
            let (n1, n2) = (clusters[0], clusters[1])
            let hasBegun = AsyncStream.makeStream(of: Void.self)
            let server = try await serve(n2) { _ in
                hasBegun.continuation.yield()
                try await Task.sleep(for: .seconds(3_600))
                return []
            }
            let target = n2.localMember.id
            let request = Task {
                try await n1.request([1], type: 7, of: target, within: .seconds(60))
            }
            for await _ in hasBegun.stream { break }
            await n2.abandon()
            await #expect(throws: ClusterError.memberUnreachable(target)) {
                try await request.value
            }
            try await server.value
            await n1.leave()
        }
    }
}
