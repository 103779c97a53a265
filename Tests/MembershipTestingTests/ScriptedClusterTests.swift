import Membership
import MembershipTesting
import Synchronization
import Testing

/// A service as a test would meet it: it notes what it sees, and answers a question.
private final class Watcher: Sendable {
    let cluster: any ClusterMembership
    private let lines = Mutex<[String]>([])

    init(_ cluster: any ClusterMembership) { self.cluster = cluster }

    var seen: [String] { lines.withLock { $0 } }

    func run() async {
        for await event in cluster.events {
            lines.withLock { $0.append(Self.word(event)) }
        }
        lines.withLock { $0.append("end") }
    }

    private static func word(_ event: ClusterEvent) -> String {
        switch event {
        case .snapshot(let members): "snapshot \(members.map(\.name.text).joined(separator: " "))"
        case .joined(let member): "joined \(member.name)"
        case .suspected(let member): "suspected \(member.name)"
        case .recovered(let member): "recovered \(member.name)"
        case .failed(let member): "failed \(member.name)"
        case .left(let member): "left \(member.name)"
        case .restarted(let member): "restarted \(member.name)"
        case .updated(let member, let was):
            "updated \(member.name) \(was.tags ?? [:]) to \(member.tags ?? [:])"
        case .removed(let member): "removed \(member.name)"
        case .message(_, let type, let payload): "message \(type) \(payload)"
        case .notice(let notice): "notice \(notice)"
        case .lagged(let dropped, _): "lagged \(dropped)"
        }
    }
}

@Suite(.timeLimit(.minutes(10)))
struct `A scripted cluster` {
    @Test func `shows every step as an event, in order`() async throws {
        let cluster = ScriptedCluster("a")
        cluster.join("b", tags: ["role": "web"])
        let watcher = Watcher(cluster)
        let run = Task { await watcher.run() }
        try await cluster.settle()
        cluster.join("c")
        cluster.suspect("b")
        cluster.recover("b")
        cluster.update("b", tags: ["role": "db"])
        cluster.restart("b")
        cluster.fail("c")
        cluster.join("c")
        cluster.leave("c")
        cluster.remove("c")
        cluster.notice(.tooManyFiles)
        try await cluster.settle()
        #expect(
            watcher.seen == [
                "snapshot a b", "joined c", "suspected b", "recovered b",
                "updated b role=web to role=db", "restarted b", "failed c", "joined c", "left c",
                "removed c",
                "notice this process can open no further file: connections wait",
            ])
        await cluster.leave()
        await run.value
        #expect(watcher.seen.last == "end")
        #expect(cluster.hasLeft)
    }

    @Test func `has the view of a node`() {
        let cluster = ScriptedCluster("b", tags: ["zone": "1"])
        #expect(cluster.view.isAgreed)
        #expect(cluster.localMember.tags == ["zone": "1"])
        cluster.join("a", at: "10.9.9.9:80")
        let c = cluster.join("c")
        cluster.suspect("c")
        cluster.fail("a")
        #expect(cluster.members.map(\.name) == ["a", "b", "c"])
        #expect(cluster.members.map(\.state) == [.dead, .alive, .suspect])
        #expect(cluster.view.living.map(\.name) == ["b", "c"])
        #expect(cluster.view[c.id]?.reason?.accusers == ["b"])
        #expect(cluster.members.first?.endpoint == "10.9.9.9:80")
        #expect(cluster.members.allSatisfy { $0.timeInState == .zero })
        #expect(Set(cluster.members.map(\.endpoint)).count == 3)
    }

    @Test func `gives a key the same owner in every run, and moves only the keys of the dead`() {
        func owners(_ cluster: ScriptedCluster) -> [NodeAlias?] {
            (0..<50).map { cluster.view.owners(of: "key/\($0)".utf8).first?.name }
        }
        let (one, two) = (ScriptedCluster("a"), ScriptedCluster("c"))
        one.join("b")
        one.join("c")
        two.join("b")
        two.join("a")
        let before = owners(one)
        #expect(owners(two) == before)
        one.fail("c")
        for (was, now) in zip(before, owners(one)) where was != "c" { #expect(was == now) }
    }

    @Test func `wakes what waits for members, and holds it while views differ`() async throws {
        let cluster: ScriptedCluster = ScriptedCluster("a")
        let service: any ClusterMembership = cluster
        cluster.disagree()
        async let view = service.waitUntil(living: 3)
        async let whole = service.waitUntil { $0.living.count == 2 }
        cluster.join("b")
        #expect(try await whole.living.map(\.name) == ["a", "b"])
        cluster.join("c")
        await #expect(throws: ClusterError.self) {
            try await service.waitUntil(living: 3, within: .zero)
        }
        cluster.agree()
        #expect(try await view.living.count == 3)
        let late = await #expect(throws: ClusterError.self) {
            try await service.waitUntil(within: .zero) { $0.living.count > 3 }
        }
        #expect(late == .timedOut(cluster.view))
        await cluster.leave()
        await #expect(throws: ClusterError.notRunning) {
            try await service.waitUntil { $0.living.count > 3 }
        }
    }

    @Test func `tells a slow reader that events are missing`() async throws {
        let cluster = ScriptedCluster("a", eventCapacity: 2)
        let events = cluster.events.makeAsyncIterator()
        _ = await events.next()
        for name in ["b", "c", "d", "e"] as [NodeAlias] { cluster.join(name) }
        var seen: [String] = []
        for _ in 0..<3 { seen.append(try #require(await events.next()).description) }
        #expect(seen.last == "2 events were missed; 5 members")
    }

    @Test func `settles only when every reader has come back`() async throws {
        let cluster = ScriptedCluster("a")
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        let handled = Mutex(0)
        let reader = Task {
            for await event in cluster.events where event.member != nil {
                for await _ in gate { break }
                handled.withLock { $0 += 1 }
            }
        }
        try await cluster.settle()
        cluster.join("b")
        let busy = await #expect(throws: ClusterError.self) {
            try await cluster.settle(within: .milliseconds(20))
        }
        #expect(busy == .timedOut(cluster.view))
        open.yield()
        try await cluster.settle()
        #expect(handled.withLock { $0 } == 1)
        await #expect(throws: ClusterError.self) {
            try await cluster.settle(readers: 2, within: .milliseconds(20))
        }
        reader.cancel()
        open.finish()
        await reader.value
    }

    @Test func `traps on a step that no cluster can take, and says why`() async throws {
        let result = try await #require(
            processExitsWith: .failure, observing: [\.standardErrorContent]
        ) {
            let cluster = ScriptedCluster("a")
            cluster.join("b")
            cluster.fail("b")
            cluster.suspect("b")
        }
        let text = String(decoding: result.standardErrorContent, as: UTF8.self)
        #expect(text.contains("b cannot take the step to suspect: it is dead"))
    }

    /// No limit is asserted: the time is printed.
    @Test func `runs a thousand small tests`() async throws {
        let start = ContinuousClock.now
        for number in 0..<1_000 {
            let cluster = ScriptedCluster("a")
            let watcher = Watcher(cluster)
            let run = Task { await watcher.run() }
            cluster.join("b")
            cluster.join("c")
            try await cluster.settle()
            cluster.fail(number.isMultiple(of: 2) ? "b" : "c")
            try await cluster.settle()
            #expect(watcher.seen.last == (number.isMultiple(of: 2) ? "failed b" : "failed c"))
            await cluster.leave()
            await run.value
        }
        print("1,000 scripted tests: \(ContinuousClock.now - start)")
    }
}
