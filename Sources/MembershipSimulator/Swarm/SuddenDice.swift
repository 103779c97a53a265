/// Draws episodes of faults that a kernel, a middlebox or a packet filter causes to connections.
///
/// It has a separate random stream, so that the plans of older seeds keep their meaning
/// (`SwarmPlan.addSuddenKinds`).
struct SuddenDice {
    enum Kind: CaseIterable {
        case abort, remove, quickRestart, killSome
        case resetSome, resetAll, refuseSome, refuseAll, dropSome, resetAndRefuse, exhaust
    }

    private var random: SeededRandom
    private let hostCount: Int

    init(random: SeededRandom, hostCount: Int) {
        self.random = random
        self.hostCount = hostCount
    }

    /// Each kind with probability one in four, up to four episodes of these kinds.
    mutating func drawEpisodes() -> [SwarmPlan.Episode] {
        let kinds = Kind.allCases.filter { _ in random.index(below: 4) == 0 }
        guard !kinds.isEmpty else { return [] }
        return (0..<random.index(below: 5)).map { _ in
            draw(kinds[random.index(below: kinds.count)])
        }
    }

    private mutating func draw(_ kind: Kind) -> SwarmPlan.Episode {
        let trouble = SwarmPlan.troubleEnds - SwarmPlan.troubleStarts
        let start = SwarmPlan.troubleStarts + random.duration(from: .zero, through: trouble * 3 / 4)
        switch kind {
        case .abort: return .init([PlannedAction(at: start, .abort(expendableHost()))])
        case .remove: return .init([PlannedAction(at: start, .remove(expendableHost()))])
        case .quickRestart: return restart(start)
        case .killSome:
            let some = 1 + random.index(below: max(1, (hostCount - 1) / 2))
            let hosts = random.sample(some, of: Array(1..<hostCount)).sorted()
            return .init(hosts.map { PlannedAction(at: start, .crash($0)) })
        case .resetSome, .resetAll:
            let hosts = kind == .resetAll ? nil : [anyHost()]
            let count = 1 + random.index(below: 6)
            return .init(
                (0..<count).map {
                    PlannedAction(at: min(start + .seconds(2 * $0), end), .resetStreams(hosts))
                })
        case .refuseSome, .refuseAll, .dropSome, .resetAndRefuse: return filter(kind, start)
        case .exhaust:
            let host = anyHost()
            return .init([
                PlannedAction(at: start, .setExhausted(host, true)),
                PlannedAction(at: stop(after: start), .setExhausted(host, false)),
            ])
        }
    }

    /// Killed, and restarted under the same identity 20 ms to 2 s later; perhaps repeatedly.
    private mutating func restart(_ start: WorldInstant) -> SwarmPlan.Episode {
        let host = anyHost()
        let away = random.duration(from: .milliseconds(20), through: .seconds(2))
        let remembers = random.index(below: 4) > 0
        let times = random.index(below: 3) == 0 ? 4 : 1
        return .init(
            (0..<times).flatMap { time in
                let moment = min(start + .seconds(3 * time), end)
                return [
                    PlannedAction(at: moment, .crash(host)),
                    PlannedAction(
                        at: min(moment + away, end),
                        .restart(host, remembersIncarnation: remembers)),
                ]
            })
    }

    private mutating func filter(_ kind: Kind, _ start: WorldInstant) -> SwarmPlan.Episode {
        let isForAll = kind == .refuseAll || kind == .resetAndRefuse && random.index(below: 2) == 0
        let receiver = isForAll ? nil : anyHost()
        let sender = isForAll || random.index(below: 2) == 0 ? nil : anyHost()
        let filter: ConnectionFilter = kind == .dropSome ? .drops : .refuses
        var actions = [
            PlannedAction(
                at: start, .setConnectionFilter(from: sender, to: receiver, filter)),
            PlannedAction(
                at: stop(after: start), .setConnectionFilter(from: sender, to: receiver, .passes)),
        ]
        if kind == .resetAndRefuse {
            actions.append(PlannedAction(at: start, .resetStreams(receiver.map { [$0] })))
        }
        return .init(actions)
    }

    private let end = SwarmPlan.troubleEnds

    private mutating func stop(after start: WorldInstant) -> WorldInstant {
        min(start + .milliseconds(200 << random.index(below: 8)), end)
    }

    private mutating func anyHost() -> Int { random.index(below: hostCount) }
    /// Host 0 must be present at the end.
    private mutating func expendableHost() -> Int { 1 + random.index(below: hostCount - 1) }
}
