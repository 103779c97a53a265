import MembershipSimulator
import MembershipWire
import Testing

@testable import MembershipCore

/// Each rule is broken on purpose, by a notice that no node sent: a checker that stays silent here
/// would stay silent always.
@Suite struct CheckerTests {
    private static func world() -> World {
        var world = WorldTests.formed(3)
        world.run(for: .seconds(1))
        return world
    }

    /// What host 0 might say of host 1.
    private static func change(
        _ kind: MemberChange.Kind, incarnation: UInt64 = 1, why: Why? = nil, in world: World
    ) throws -> WorldEvent {
        let own = try #require(world.hosts[1].node?.ownRecord)
        let record = MemberRecord(
            verified: own.core, id: own.id, boot: own.boot, coreHash: own.coreHash,
            incarnation: try #require(Incarnation(incarnation)),
            standing: kind == .left ? .left : .alive, signature: own.signature)
        let state: MemberState =
            switch kind {
            case .joined, .recovered, .restarted, .renewed, .updated: .alive
            case .suspected: .suspect
            case .failed: .dead
            case .left, .removed: .left
            }
        return .noticed(
            host: 0, .changed(MemberChange(kind: kind, record: record, state: state, why: why)))
    }

    private static func why(accusers: [NodeID], deadline: Duration? = nil) -> Why {
        Why(
            evidence: .hearsay, accusers: accusers, lastAckAge: nil, ownHealth: 0,
            deadline: deadline)
    }

    private static func violations<Watched: Checker>(
        of checker: Watched, in world: World, _ events: [WorldEvent], from start: Duration = .zero
    ) -> Int {
        var checker = checker
        var time = world.now + start
        for event in events {
            checker.observe(event, at: time, in: world)
            time = time + .seconds(1)
        }
        return checker.violations.count
    }

    /// All that a checker needs to know of the past: that everybody has started.
    private static func started(_ world: World) -> [WorldEvent] {
        world.hosts.indices.map { .started(host: $0, boot: 1) }
    }

    @Test func `an incarnation that falls is seen`() throws {
        let world = Self.world()
        let past = Self.started(world)
        let own = try #require(world.hosts[1].node?.ownRecord)
        let risen = MemberRecord(
            verified: own.core, id: own.id, boot: own.boot, coreHash: own.coreHash,
            incarnation: own.incarnation.next, standing: .alive, signature: own.signature)
        let said: WorldEvent = .noticed(host: 1, .ownRecordChanged(risen))
        let high = try Self.change(.updated, incarnation: 2, in: world)
        let low = try Self.change(.updated, incarnation: 1, in: world)
        #expect(
            Self.violations(of: IncarnationChecker(), in: world, past + [said, low, high]) == 0)
        #expect(
            Self.violations(of: IncarnationChecker(), in: world, past + [said, high, low]) == 1)
        let fallen: WorldEvent = .noticed(host: 1, .ownRecordChanged(own))
        #expect(Self.violations(of: IncarnationChecker(), in: world, past + [said, fallen]) == 1)
    }

    @Test func `an incarnation that its owner never stated is seen`() throws {
        let world = Self.world()
        let event = try Self.change(.updated, incarnation: 2, in: world)
        #expect(
            Self.violations(of: IncarnationChecker(), in: world, Self.started(world) + [event]) == 1
        )
    }

    @Test func `a dead member that comes back by an old statement is seen`() throws {
        let world = Self.world()
        let dead = try Self.change(.failed, incarnation: 2, in: world)
        let old = try Self.change(.joined, incarnation: 2, in: world)
        let new = try Self.change(.joined, incarnation: 3, in: world)
        #expect(Self.violations(of: ResurrectionChecker(), in: world, [dead, old]) == 1)
        #expect(Self.violations(of: ResurrectionChecker(), in: world, [dead, new]) == 0)
    }

    @Test func `whoever is alive after it has left, or left without leaving, is seen`() throws {
        let world = Self.world()
        let leaves: WorldEvent = .action(.leave(1))
        let left = try Self.change(.left, in: world)
        let back = try Self.change(.joined, incarnation: 2, in: world)
        #expect(Self.violations(of: LeftIsFinalChecker(), in: world, [leaves, left]) == 0)
        #expect(Self.violations(of: LeftIsFinalChecker(), in: world, [leaves, left, back]) == 1)
        #expect(Self.violations(of: LeftIsFinalChecker(), in: world, [left]) == 1)
    }

    @Test func `transitions that are not in the picture are seen`() throws {
        let world = Self.world()
        let joined = try Self.change(.joined, in: world)
        let suspected = try Self.change(.suspected, in: world)
        let failed = try Self.change(.failed, in: world)
        let recovered = try Self.change(.recovered, in: world)
        func count(_ events: [WorldEvent]) -> Int {
            Self.violations(of: TransitionChecker(), in: world, events)
        }
        #expect(count([joined, suspected, recovered, suspected, failed, joined]) == 0)
        #expect(count([joined, failed]) == 1)
        #expect(count([joined, joined]) == 1)
        #expect(count([joined, recovered]) == 1)
        #expect(count([joined, suspected, failed, recovered]) == 1)
        #expect(count([suspected]) == 1)
    }

    @Test func `a death without suspicion, time or accuser is seen`() throws {
        let world = Self.world()
        let checker = EvidenceChecker(patience: .seconds(2))
        let suspected = try Self.change(.suspected, in: world)
        let pause: WorldEvent = .action(.heal(name: 0))
        let failed = try Self.change(
            .failed, why: Self.why(accusers: [world.hosts[0].id]), in: world)
        let lie = try Self.change(
            .failed, why: Self.why(accusers: [world.hosts[2].id]), in: world)
        #expect(Self.violations(of: checker, in: world, [suspected, pause, failed]) == 0)
        #expect(Self.violations(of: checker, in: world, [failed]) == 1)
        #expect(Self.violations(of: checker, in: world, [suspected, failed]) == 1)
        #expect(Self.violations(of: checker, in: world, [suspected, pause, lie]) == 1)
    }

    @Test func `a suspicion where nothing is wrong is seen`() throws {
        let world = Self.world()
        let suspected = try Self.change(.suspected, in: world)
        let fault: WorldEvent = .action(.pause(1))
        #expect(Self.violations(of: QuietChecker(), in: world, [suspected]) == 1)
        #expect(Self.violations(of: QuietChecker(), in: world, [fault, suspected]) == 0)
    }

    @Test func `accusers, deadlines and sizes out of bounds are seen`() throws {
        let world = Self.world()
        let checker = BoundsChecker(longestSuspicion: .seconds(8))
        let other = world.hosts[2].id
        func count(_ why: Why) throws -> Int {
            Self.violations(
                of: checker, in: world, [try Self.change(.suspected, why: why, in: world)])
        }
        #expect(try count(Self.why(accusers: [other])) == 0)
        #expect(try count(Self.why(accusers: [other, other])) == 1)
        #expect(try count(Self.why(accusers: [world.hosts[1].id])) == 1)
        #expect(try count(Self.why(accusers: [], deadline: .seconds(9))) == 1)
        let many = (1...6).map { NodeID(UInt64($0)) }
        #expect(try count(Self.why(accusers: many)) == 1)
        let told: WorldEvent = .noticed(
            host: 0, .userMessage(origin: other, type: 1, payload: [9]))
        #expect(Self.violations(of: checker, in: world, [told, told]) == 1)
        let garbled: WorldEvent = .misspoke(host: 0, "too long")
        #expect(Self.violations(of: checker, in: world, [garbled]) == 1)
    }

    @Test func `a swarm is watched by every checker`() throws {
        let world = Self.world()
        let suspected = try Self.change(.suspected, in: world)
        let failed = try Self.change(.failed, incarnation: 2, in: world)
        let old = try Self.change(.joined, incarnation: 2, in: world)
        let left = try Self.change(.left, in: world)
        let garbled: WorldEvent = .misspoke(host: 0, "too long")
        var checkers = AllCheckers(WorldOptions())
        for event in Self.started(world) + [suspected, failed, old, left, garbled] {
            checkers.observe(event, at: world.now, in: world)
        }
        #expect(
            Set(checkers.violations.map(\.rule)) == [
                IncarnationChecker.rule, ResurrectionChecker.rule, LeftIsFinalChecker.rule,
                TransitionChecker.rule, EvidenceChecker.rule, QuietChecker.rule, BoundsChecker.rule,
            ])
    }

    @Test func `views that differ from each other or from the truth are seen`() {
        var world = Self.world()
        #expect(ConvergenceChecker.isConverged(world))
        world.plan(.crash(2), at: world.now)
        world.run(for: .milliseconds(1))
        #expect(ConvergenceChecker.viewsAgree(in: world))
        #expect(!ConvergenceChecker.isConverged(world))
        #expect(
            ConvergenceChecker.disagreements(in: world) == [
                "n0 holds n2, which is gone, for alive", "n1 holds n2, which is gone, for alive",
            ])
    }
}
