import Membership
import MembershipTesting
import Testing

@Suite(.timeLimit(.minutes(10)))
struct `Messages of a scripted cluster` {
    private struct Failure: Error {}

    private let cluster = ScriptedCluster("a")
    private let b: Member

    init() { b = cluster.join("b") }

    @Test func `what the code sends is noted, and has the bounds of a cluster`() async throws {
        let service: any ClusterMembership = cluster
        try await service.broadcast(type: 1, [1])
        try await service.send([2], type: 2, to: b.id)
        try await service.deliver([3], type: 3, to: b.id, within: .seconds(1))
        await #expect(throws: ClusterError.noReader(type: 4)) {
            try await service.request([4], type: 4, of: b.id, within: .seconds(1))
        }
        let sent = cluster.sent
        #expect(sent.map(\.payload) == [[1], [2], [3], [4]])
        #expect(sent.map(\.to) == [nil, b.id, b.id, b.id])
        #expect(sent.map(\.kind) == [.broadcast, .datagram, .stream, .stream])
        #expect(sent.map(\.wantsAnswer) == [false, false, false, true])

        let long = Array(repeating: UInt8(0), count: 1_025)
        await #expect(throws: ClusterError.messageTooLong(bytes: 1_025)) {
            try await cluster.send(long, to: b.id)
        }
        await #expect(throws: ClusterError.messageTooLong(bytes: 1_025)) {
            try await cluster.broadcast(type: 1, long)
        }
        await #expect(throws: ClusterError.messageTooLong(bytes: 1_048_577)) {
            try await cluster.deliver(Array(repeating: 0, count: 1_048_577), to: b.id)
        }
        await #expect(throws: ClusterError.metadataTooLong(bytes: 1_025)) {
            try await cluster.setMetadata(long)
        }
        cluster.fail("b")
        await #expect(throws: ClusterError.memberGone(b.id)) {
            try await cluster.request([], of: b.id)
        }
        await cluster.leave()
        await #expect(throws: ClusterError.notRunning) { try await cluster.broadcast(type: 1, []) }
        await #expect(throws: ClusterError.notRunning) { try await cluster.setTags([:]) }
        await #expect(throws: ClusterError.notRunning) { try await cluster.updateState { _ in } }
        #expect(cluster.sent.count == 4)
    }

    @Test func `other members answer as the test says`() async throws {
        cluster.answer(type: 7) { $0.payload + [0] }
        #expect(try await cluster.request([1, 2], type: 7, of: b.id) == [1, 2, 0])
        let b = b
        cluster.answer(type: 7) { _ in throw ClusterError.memberUnreachable(b.id) }
        await #expect(throws: ClusterError.memberUnreachable(b.id)) {
            try await cluster.request([1], type: 7, of: b.id)
        }
        cluster.answer(type: 7) { _ in throw Failure() }
        await #expect(throws: ClusterError.refused) {
            try await cluster.deliver([1], type: 7, to: b.id)
        }
    }

    @Test func `what arrives goes to the readers of its type, or is an event`() async throws {
        let all = cluster.messages(capacity: 2).makeAsyncIterator()
        let service: any ClusterMembership = cluster
        let sevens = service.messages(type: 7).makeAsyncIterator()
        #expect(cluster.receive([1], type: 7, from: "b"))
        #expect(cluster.receive([2], type: 8, from: "b", kind: .broadcast))
        #expect(!cluster.receive([3], type: 8, from: "b"))
        let message = Message.Kind.datagram
        guard case .message(let first)? = await sevens.next() else { throw Failure() }
        #expect(first.payload == [1] && first.from == b.id && first.kind == message)
        for payload in [[1], [2]] as [[UInt8]] {
            guard case .message(let next)? = await all.next() else { throw Failure() }
            #expect(next.payload == payload)
        }
        #expect(await all.next() == .lost(1))
    }

    @Test func `what nothing reads is an event`() async throws {
        #expect(!cluster.receive([1], type: 7, from: "b"))
        let events = cluster.events.makeAsyncIterator()
        #expect(cluster.receive([2], type: 7, from: "b"))
        #expect(await events.next()?.snapshot?.count == 2)
        #expect(await events.next() == .message(from: b.id, type: 7, payload: [2]))
    }

    @Test func `the test asks what the code serves`() async throws {
        let service: any ClusterMembership = cluster
        await #expect(throws: ClusterError.noReader(type: 9)) {
            try await cluster.ask([1], type: 9, from: "b")
        }
        let serving = Task {
            try await service.serve(type: 9, atOnce: 1) { message in
                guard message.payload != [0] else { throw Failure() }
                return message.payload + [9]
            }
        }
        try await cluster.settle()
        #expect(try await cluster.ask([1], type: 9, from: "b") == [1, 9])
        #expect(try await cluster.request([2], type: 9, of: cluster.localMember.id) == [2, 9])
        await #expect(throws: ClusterError.refused) {
            try await cluster.ask([0], type: 9, from: "b")
        }
        await #expect(throws: ClusterError.typeServed(9)) {
            try await cluster.serve(type: 9) { _ in [] }
        }
        // One at once: the others wait for their turn.
        let asked = cluster
        let answers = try await withThrowingTaskGroup(of: [UInt8].self) { group in
            for number in 0..<20 as Range<UInt8> {
                group.addTask { try await asked.ask([number, 1], type: 9, from: "b") }
            }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(answers.count == 20)
        serving.cancel()
        try await serving.value
        await #expect(throws: ClusterError.noReader(type: 9)) {
            try await cluster.ask([1], type: 9, from: "b")
        }
    }

    @Test func `leaving ends what is served, and all readers`() async throws {
        let cluster = cluster
        let serving = Task { try await cluster.serve(type: 9) { $0.payload } }
        let reading = Task { for await _ in cluster.messages() {} }
        let following = Task { for await _ in cluster.stateChanges() {} }
        try await cluster.settle(readers: 3)
        await cluster.leave()
        try await serving.value
        await reading.value
        await following.value
    }

    @Test func `members publish values, which end with their process`() async throws {
        var changes = cluster.stateChanges(prefix: "shard/").makeAsyncIterator()
        guard case .snapshot? = await changes.next() else { throw Failure() }
        try cluster.publish("b") { state in
            state["shard/1"] = [1]
            state["ready"] = [1]
        }
        #expect(await changes.next() == .set(b.id, key: "shard/1", value: [1]))
        try await cluster.updateState { $0["ready"] = [2] }
        #expect(cluster.states.values(of: "ready").count == 2)
        await #expect(throws: ClusterError.badStateKey("no spaces")) {
            try await cluster.updateState { $0["no spaces"] = [] }
        }
        #expect(throws: ClusterError.stateTooLarge(bytes: 4_097)) {
            try cluster.publish("b") { $0["big"] = Array(repeating: 0, count: 4_097) }
        }
        cluster.restart("b")
        #expect(await changes.next() == .gone(b.id))
        #expect(cluster.states[b.id].isEmpty)
        #expect(cluster.states.values(of: "ready").map(\.value) == [[2]])
    }
}
