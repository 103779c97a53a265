import MembershipCore
import MembershipWire

/// Experiments with processes that die on machines that live, and with what only looks like it.
package enum SuddenTrials {
    /// Several members end at one moment.
    package struct Ends: Sendable {
        /// From the end to each survivor's verdict about each of the dead.
        package var delays: [Duration] = []
        /// Until the last survivor knew of all; nil if one never did.
        package var last: Duration?
        /// Until the views of the survivors were equal, and true.
        package var viewsEqual: Duration?
        /// Verdicts about members that ran.
        package var falseDeaths = 0
        /// Knocks of a survivor, on average.
        package var knocksPerNode = 0

        package init() {}
    }

    package enum Ending: Hashable, Sendable {
        case kill, vanish, remove, abort

        func action(on host: Int) -> Action {
            switch self {
            case .kill: .crash(host)
            case .vanish: .vanish(host)
            case .remove: .remove(host)
            case .abort: .abort(host)
            }
        }
    }

    package static func end(
        _ victims: [Int], by ending: Ending, in formed: World, patience: Duration = .seconds(20),
        step: Duration = .milliseconds(10)
    ) -> Ends {
        var world = formed
        let start = world.now
        let before = world.totalTraffic
        for victim in victims { world.plan(ending.action(on: victim), at: start) }
        let dead = Set(victims)
        let survivors = world.hosts.count - victims.count
        var watch = DeathWatch()
        var ends = Ends()
        while world.now - start < patience {
            world.run(for: step, observer: &watch)
            guard watch.deaths.count >= survivors * victims.count else { continue }
            guard ConvergenceChecker.viewsAgree(in: world) else { continue }
            ends.viewsEqual = world.now - start
            break
        }
        let known = watch.deaths.filter { dead.contains($0.member) }
        ends.delays = known.map { $0.time - start }
        if known.count >= survivors * victims.count { ends.last = ends.delays.max() }
        ends.falseDeaths = watch.deaths.count - known.count
        ends.knocksPerNode =
            Int((world.totalTraffic - before).knocks) / max(1, survivors)
        return ends
    }

    /// Killed, and back `away` later: how long after its return a member still held it for dead.
    package static func restart(
        away: Duration, in formed: World, seed: UInt64
    ) -> (wasDead: Bool, deadAfterReturn: Duration) {
        var world = formed
        let host = 1 + SeededRandom.origin(seed, below: world.hosts.count - 1)
        let start = world.now
        world.plan(.crash(host), at: start)
        world.plan(.start(host), at: start + away)
        var watch = StateWatch(of: host)
        world.run(for: away + .seconds(6), observer: &watch)
        let back = start + away
        let last = watch.lastAlive(after: back).map { $0 - back } ?? .zero
        let stillDead = watch.deadAtEnd ? Duration.seconds(6) : last
        return (watch.wasDead, watch.wasDead ? stillDead : .zero)
    }

    /// Events that only look like death.
    package enum Illusion: String, CaseIterable, Sendable {
        case pauses = "10 pause for 1 s, 10 for 2 s"
        case starved = "10 receive 1 s late"
        case muteAndDeaf = "10 mute and deaf"
        case loss20 = "20 % loss"
        case loss30 = "30 % loss"
        case resets = "all lifelines reset every 10 s"
        case resetsUnderLoss = "all lifelines reset every 10 s, 30 % loss"
        case resetsAndPauses = "all lifelines reset every 5 s, 20 paused for 1 and 2 s"
        case refused = "TCP refused everywhere"
        case refusedUnderLoss = "TCP refused everywhere, 30 % loss"
        case resetThenRefused = "all reset, then TCP refused"
        case resetThenRefused20 = "all reset, then TCP refused, 20 % loss"
        case resetThenRefused30 = "all reset, then TCP refused, 30 % loss"
        case oneByOne = "20 members one by one: reset, then refused, 30 % loss"
        case dropped = "TCP dropped everywhere, 20 % loss"
        case exhausted = "10 out of descriptors, all lifelines reset"
        case split = "half split, all lifelines reset"
    }

    /// Verdicts about members that ran: because they were gone, and for any reason. Members that
    /// suffer by design (mute and deaf, split off) count for the first only.
    package static func illusion(
        _ illusion: Illusion, in formed: World, seed: UInt64
    ) -> (gone: Int, healthy: Int) {
        var world = formed
        var random = SeededRandom(seed: seed, label: "illusion")
        let count = world.hosts.count
        let some = random.sample(min(20, count / 5), of: Array(0..<count))
        let plan = actions(of: illusion, some: some, count: count, from: world.now)
        world.plan(plan)
        var watch = Both(GoneWatch(), DeathWatch())
        world.run(for: .seconds(75), observer: &watch)
        let suffering = Set(some)
        let excused = illusion == .split
        let healthy = watch.second.deaths.count {
            !suffering.contains($0.member) && !suffering.contains($0.observer)
        }
        return (watch.first.falseDeaths, excused ? 0 : healthy)
    }

    private static func actions(
        of illusion: Illusion, some: [Int], count: Int, from start: WorldInstant
    ) -> [PlannedAction] {
        let end = start + .seconds(65)
        let half = Array(some.prefix(some.count / 2))
        func resets(every gap: Int) -> [PlannedAction] {
            stride(from: 2, to: 62, by: gap).map {
                PlannedAction(at: start + .seconds($0), .resetStreams(nil))
            }
        }
        func loss(_ percent: UInt32, from moment: WorldInstant? = nil) -> [PlannedAction] {
            [
                PlannedAction(at: moment ?? start, .setLoss(Probability(percent: percent))),
                PlannedAction(at: end, .setLoss(.never)),
            ]
        }
        func pauses(at moment: WorldInstant) -> [PlannedAction] {
            some.enumerated().flatMap { place, host in
                let length = Duration.seconds(place % 2 + 1)
                let begin = moment + .milliseconds(50 * place)
                return [
                    PlannedAction(at: begin, .pause(host)),
                    PlannedAction(at: begin + length, .resume(host, .socketsFirst)),
                ]
            }
        }
        let refuse = [PlannedAction(at: start, .setConnectionFilter(from: nil, to: nil, .refuses))]
        let later = start + .seconds(8)
        let resetAndRefuse = [
            PlannedAction(at: later, .setConnectionFilter(from: nil, to: nil, .refuses)),
            PlannedAction(at: later, .resetStreams(nil)),
        ]
        switch illusion {
        case .pauses: return (0..<6).flatMap { pauses(at: start + .seconds(10 * $0)) }
        case .starved:
            return half.map {
                PlannedAction(at: start, .starve($0, receive: .seconds(1), send: .zero))
            } + resets(every: 10)
        case .muteAndDeaf:
            return half.flatMap {
                [
                    PlannedAction(
                        at: start, .setHostLoss($0, inbound: .always, outbound: .always)),
                    PlannedAction(at: end, .setHostLoss($0, inbound: .never, outbound: .never)),
                ]
            } + resets(every: 10)
        case .loss20: return loss(20)
        case .loss30: return loss(30)
        case .resets: return resets(every: 10)
        case .resetsUnderLoss: return resets(every: 10) + loss(30)
        case .resetsAndPauses:
            return resets(every: 5) + (0..<6).flatMap { pauses(at: start + .seconds(10 * $0 + 1)) }
        case .refused: return refuse
        case .refusedUnderLoss: return refuse + loss(30)
        case .resetThenRefused: return resetAndRefuse
        case .resetThenRefused20: return resetAndRefuse + loss(20, from: later)
        case .resetThenRefused30: return resetAndRefuse + loss(30, from: later)
        case .oneByOne:
            return loss(30)
                + some.enumerated().flatMap { place, host in
                    let moment = start + .seconds(20) + .seconds(2 * place)
                    return [
                        PlannedAction(
                            at: moment, .setConnectionFilter(from: nil, to: host, .refuses)),
                        PlannedAction(at: moment, .resetStreams([host])),
                    ]
                }
        case .dropped:
            return loss(20) + [
                PlannedAction(at: start, .setConnectionFilter(from: nil, to: nil, .drops))
            ]
        case .exhausted:
            return half.map { PlannedAction(at: start, .setExhausted($0, true)) }
                + resets(every: 10)
        case .split:
            return [
                PlannedAction(
                    at: start, .cut(inside: Array(0..<count / 2), isOneWay: false, name: 1)),
                PlannedAction(at: start + .seconds(30), .heal(name: 1)),
            ] + resets(every: 10)
        }
    }

    /// So many members lie that a healthy one is gone, a hundred times.
    package static func lie(
        _ liars: Int, in formed: World, seed: UInt64, times: Int = 100
    ) -> (gone: Int, healthy: Int) {
        var world = formed
        var random = SeededRandom(seed: seed, label: "lie")
        let count = world.hosts.count
        for time in 0..<times {
            let chosen = random.sample(liars + 1, of: Array(0..<count))
            world.plan(
                .accuseOfBeingGone(Array(chosen.dropFirst()), of: chosen[0]),
                at: world.now + .milliseconds(500 * time))
        }
        var watch = Both(GoneWatch(), DeathWatch())
        world.run(for: .milliseconds(500 * times) + .seconds(10), observer: &watch)
        return (watch.first.falseDeaths, watch.second.deaths.count)
    }
}

/// Verdicts about members whose process ran, because it was gone.
package struct GoneWatch: WorldObserver, Sendable {
    package private(set) var falseDeaths = 0

    package mutating func observe(
        _ event: WorldEvent, at time: WorldInstant, in world: World
    ) {
        guard case .noticed(_, .changed(let change)) = event, change.kind == .failed,
            change.why?.isGone == true, let member = world.host(of: change.record.id),
            world.hosts[member].hasProcess, world.hosts[member].boot == change.record.boot
        else { return }
        falseDeaths += 1
    }
}

/// The observers that held one member for dead, and since when no more.
private struct StateWatch: WorldObserver {
    private let member: Int
    private var isDead: Set<Int> = []
    private var returns: [WorldInstant] = []
    private(set) var wasDead = false

    init(of member: Int) { self.member = member }

    var deadAtEnd: Bool { !isDead.isEmpty }

    func lastAlive(after moment: WorldInstant) -> WorldInstant? {
        returns.filter { $0 >= moment }.max()
    }

    mutating func observe(_ event: WorldEvent, at time: WorldInstant, in world: World) {
        guard case .noticed(let host, .changed(let change)) = event, host != member,
            world.host(of: change.record.id) == member
        else { return }
        switch change.kind {
        case .failed:
            wasDead = true
            isDead.insert(host)
        case .joined: if isDead.remove(host) != nil { returns.append(time) }
        case .suspected, .recovered, .left, .updated, .restarted, .renewed, .removed: break
        }
    }
}
