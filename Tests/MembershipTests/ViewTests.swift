import MembershipWire
import Testing

@testable import Membership

/// What waits for a view, without sockets.
struct PublishedViewTests {
    private let published = PublishedView(local: Member(of: NodeID(1)))

    @Test func `members are equal by what is stated, whatever was measured`() {
        let member = Member(of: NodeID(1))
        let later = Member(
            id: member.id, name: member.name, state: member.state, endpoint: member.endpoint,
            incarnation: member.incarnation, metadata: member.metadata, isSelf: member.isSelf,
            roundTripTime: .milliseconds(3), timeInState: .seconds(9),
            reason: Member.Reason(accusers: [], text: "late", deadIn: nil))
        #expect(member == later)
        #expect(Set([member, later]).count == 1)
        #expect(member != Member(of: NodeID(1), .suspect))
        #expect(member != Member(of: NodeID(1), metadata: [1]))
    }

    @Test func `a waiter is woken by each view and by the end, and then is forgotten`() async {
        let waiter = published.addWaiter(forAgreement: true)
        #expect(published.isAwaited)
        published.publish(MemberList(), local: nil, ReadAgreement())
        #expect(await waiter.next() == .changed)
        published.end()
        published.publish(MemberList(), local: nil, ReadAgreement())
        #expect(await waiter.next() == .ended)
        published.remove(waiter)
        #expect(!published.isAwaited)
        let late = published.addWaiter(forAgreement: true)
        #expect(await late.next() == .ended)
        published.remove(late)
    }

    @Test func `views that a waiter did not take are one signal`() async {
        let waiter = ViewWaiter()
        waiter.send(.changed)
        waiter.send(.changed)
        waiter.send(.timedOut)
        waiter.send(.changed)
        #expect(await waiter.next() == .timedOut)
        async let next = waiter.next()
        waiter.send(.cancelled)
        #expect(await next == .cancelled)
    }

    @Test func `a view agrees if all that were heard from do, or if it is alone`() {
        let two = [Member(of: NodeID(1)), Member(of: NodeID(2))]
        func isAgreed(_ members: [Member], _ agreeing: Int, _ heardFrom: Int) -> Bool {
            ClusterView(members: members, agreeing: agreeing, heardFrom: heardFrom).isAgreed
        }
        #expect(isAgreed([two[0]], 0, 0))
        #expect(!isAgreed(two, 0, 0))
        #expect(!isAgreed(two, 0, 1))
        #expect(isAgreed(two, 1, 1))
    }

    @Test func `members are found by id, and the living by name`() {
        let members = [Member(of: NodeID(1)), Member(of: NodeID(2), .dead)]
        let view = ClusterView(members: members, agreeing: 0, heardFrom: 0)
        #expect(view[NodeID(2)]?.state == .dead)
        #expect(view[NodeID(3)] == nil)
        #expect(view[NodeAlias(NodeID(1))]?.id == NodeID(1))
        #expect(view[NodeAlias(NodeID(2))] == nil)
        #expect(view.living.map(\.id) == [NodeID(1)])
    }
}

extension `On loopback` {
    @Suite(.timeLimit(.minutes(10)))
    struct `Waiting for a view` {
        let world = World()

        @Test func `it returns when so many live and their views agree`() async throws {
            let n1 = try await world.start("n1")
            async let seen = n1.waitUntil(living: 3)
            let others = try await [world.start("n2"), world.start("n3")]
            for other in others { _ = try await other.join([n1.seed]) }
            let view = try await seen
            #expect(view.living.map(\.name.text) == ["n1", "n2", "n3"])
            #expect(view.isAgreed)
            #expect(n1.view.living.count == 3)
            for other in others { try await other.waitUntil(living: 3) }
            #expect(!n1.published.isAwaited)
            await ([n1] + others).leave()
        }

        @Test func `it may begin before the start, and needs no change where it holds`()
            async throws
        {
            let n1 = Cluster(configuration: try world.configuration("n1"))
            async let seen = n1.waitUntil(living: 1)
            try await n1.start()
            #expect(try await seen.members.count == 1)
            #expect(try await n1.waitUntil(within: .zero) { $0.members.count == 1 }.isAgreed)
            await n1.leave()
        }

        @Test func `what does not come in time is an error with the view`() async throws {
            let n1 = try await world.start("n1")
            for limit in [Duration.zero, .milliseconds(1), .seconds(-1)] {
                await #expect(throws: ClusterError.timedOut(n1.view)) {
                    try await n1.waitUntil(living: 2, within: limit)
                }
            }
            #expect(!n1.published.isAwaited)
            await n1.leave()
        }

        @Test func `a cancelled task leaves nothing behind`() async throws {
            let n1 = try await world.start("n1")
            let waiting = Task { try await n1.waitUntil(living: 2) }
            while !n1.published.isAwaited { await Task.yield() }
            waiting.cancel()
            #expect(await waiting.result.error == .cancelled)
            #expect(!n1.published.isAwaited)
            await n1.leave()
        }

        @Test func `the end of the cluster ends all waiting`() async throws {
            let n1 = try await world.start("n1")
            let waiting = Task { try await n1.waitUntil(living: 2) }
            while !n1.published.isAwaited { await Task.yield() }
            await n1.leave(patience: .zero)
            #expect(await waiting.result.error == .notRunning)
            await #expect(throws: ClusterError.notRunning) { try await n1.waitUntil(living: 2) }

            let never = Cluster(configuration: try world.configuration("n2"))
            await never.leave()
            await #expect(throws: ClusterError.notRunning) { try await never.waitUntil(living: 1) }
        }

        @Test func `a farewell without patience is sent and not waited for`() async throws {
            let clusters = try await world.start(["n1", "n2"])
            await clusters[1].leave(patience: .zero)
            #expect(await clusters[0].waitFor("n2", .left) != nil)
            await clusters[0].leave()
        }
    }
}

extension Result {
    fileprivate var error: ClusterError? {
        if case .failure(let error) = self { error as? ClusterError } else { nil }
    }
}
