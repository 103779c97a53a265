/// Draws episodes of faults.
struct EpisodeDice {
    enum Kind: CaseIterable {
        case kill, killAndRestart, vanish, pause, flap, starve, leap, misdate, mute, deafen, isolate
        case loseSome, loseOnLink, split, splitOneWay, storm, duplicate, reorder, slowNetwork
        case leave, leaveAndReturn, update, announce
        case loseSomeOnLink, loseSomeOneWay, flapMute, loseDatagrams, crowd

        /// A seed that failed once must keep its meaning. So kinds that were added later have a
        /// separate random stream (`SwarmPlan.addLaterKinds`).
        static let first = allCases.filter { !later.contains($0) }
        static let later: [Kind] = [
            .loseSomeOnLink, .loseSomeOneWay, .flapMute, .loseDatagrams, .crowd,
        ]
    }

    var random: SeededRandom
    let hostCount: Int
    private let latency: LatencyDistribution
    /// Names of cuts.
    private var cuts = 0

    /// - Parameter latency: the latency to which a slow network returns.
    init(random: SeededRandom, hostCount: Int, latency: LatencyDistribution) {
        self.random = random
        self.latency = latency
        self.hostCount = hostCount
    }

    /// The kinds of this run: each with probability one in three.
    mutating func drawKinds() -> [Kind] {
        Kind.first.filter { _ in random.index(below: 3) == 0 }
    }

    mutating func draw(_ kind: Kind) -> SwarmPlan.Episode {
        let trouble = SwarmPlan.troubleEnds - SwarmPlan.troubleStarts
        let start = SwarmPlan.troubleStarts + random.duration(from: .zero, through: trouble * 3 / 4)
        let end = min(start + length(), SwarmPlan.troubleEnds)
        switch kind {
        case .kill, .killAndRestart, .vanish, .leave, .leaveAndReturn:
            return depart(kind, start, end)
        case .pause, .flap, .starve, .leap, .misdate: return slow(kind, start, end)
        case .mute, .deafen, .isolate, .loseSome, .loseOnLink, .split, .splitOneWay:
            return cutOff(kind, start, end)
        case .storm, .duplicate, .reorder, .slowNetwork: return disturb(kind, start, end)
        case .update, .announce: return use(kind, start)
        case .loseSomeOnLink, .loseSomeOneWay, .flapMute: return loseSome(kind, start, end)
        case .loseDatagrams: return loseDatagrams(start, end)
        case .crowd: return crowd(start)
        }
    }

    /// Links that are bad in one direction only, permanently or from time to time.
    private mutating func loseSome(
        _ kind: Kind, _ start: WorldInstant, _ end: WorldInstant
    ) -> SwarmPlan.Episode {
        let host = anyHost()
        let some = Probability(percent: 10 + UInt32(random.below(80)))
        if kind == .loseSomeOnLink {
            let other = anyHost()
            return .init([
                PlannedAction(at: start, .setLinkLoss(from: host, to: other, some)),
                PlannedAction(at: end, .setLinkLoss(from: host, to: other, .never)),
            ])
        }
        let isInbound = random.index(below: 2) == 0
        func loss(_ probability: Probability) -> Action {
            .setHostLoss(
                host, inbound: isInbound ? probability : .never,
                outbound: isInbound ? .never : probability)
        }
        guard kind == .flapMute else {
            return .init([
                PlannedAction(at: start, loss(some)), PlannedAction(at: end, loss(.never)),
            ])
        }
        let off = random.duration(from: .milliseconds(200), through: .seconds(4))
        let on = random.duration(from: .milliseconds(50), through: .seconds(3))
        var actions: [PlannedAction] = []
        var time = start
        while time < end, actions.count < 20 {
            actions.append(PlannedAction(at: time, loss(.always)))
            actions.append(PlannedAction(at: min(time + off, SwarmPlan.troubleEnds), loss(.never)))
            time = time + off + on
        }
        return .init(actions)
    }

    /// Datagrams are lost, from one host or from all, and streams pass.
    private mutating func loseDatagrams(
        _ start: WorldInstant, _ end: WorldInstant
    ) -> SwarmPlan.Episode {
        let host = random.index(below: 3) == 0 ? nil : anyHost()
        let loss =
            random.index(below: 2) == 0
            ? Probability.always : Probability(percent: 10 + UInt32(random.below(80)))
        return .init([
            PlannedAction(at: start, .setDatagramLoss(host, loss)),
            PlannedAction(at: end, .setDatagramLoss(host, .never)),
        ])
    }

    /// The upper half of the hosts starts at one moment, during everything else.
    private func crowd(_ start: WorldInstant) -> SwarmPlan.Episode {
        .init((hostCount / 2..<hostCount).map { PlannedAction(at: start, .start($0)) })
    }

    /// Short faults are as likely as long ones: 50 ms, 100 ms, 200 ms ... 25.6 s.
    private mutating func length() -> Duration {
        .milliseconds(50 << random.index(below: 10))
    }

    private mutating func anyHost() -> Int { random.index(below: hostCount) }
    /// Host 0 must be present at the end.
    private mutating func expendableHost() -> Int { 1 + random.index(below: hostCount - 1) }

    private mutating func depart(
        _ kind: Kind, _ start: WorldInstant, _ end: WorldInstant
    ) -> SwarmPlan.Episode {
        switch kind {
        case .kill: return .init([PlannedAction(at: start, .crash(expendableHost()))])
        case .leave: return .init([PlannedAction(at: start, .leave(expendableHost()))])
        case .leaveAndReturn:
            let host = anyHost()
            let back = max(end, start + .seconds(6))
            return .init([
                PlannedAction(at: start, .leave(host)), PlannedAction(at: back, .start(host)),
            ])
        default:
            let host = anyHost()
            let ending: Action = kind == .vanish ? .vanish(host) : .crash(host)
            let remembers = random.index(below: 2) == 0
            return .init([
                PlannedAction(at: start, ending),
                PlannedAction(at: end, .restart(host, remembersIncarnation: remembers)),
            ])
        }
    }

    private mutating func slow(
        _ kind: Kind, _ start: WorldInstant, _ end: WorldInstant
    ) -> SwarmPlan.Episode {
        let host = anyHost()
        let order: WakeOrder = random.index(below: 2) == 0 ? .socketsFirst : .timersFirst
        switch kind {
        case .pause:
            return .init([
                PlannedAction(at: start, .pause(host)),
                PlannedAction(at: end, .resume(host, order)),
            ])
        case .flap:
            let asleep = random.duration(from: .milliseconds(200), through: .seconds(6))
            let awake = random.duration(from: .milliseconds(50), through: .seconds(3))
            var actions: [PlannedAction] = []
            var time = start
            while time < end, actions.count < 20 {
                actions.append(PlannedAction(at: time, .pause(host)))
                actions.append(
                    PlannedAction(
                        at: min(time + asleep, SwarmPlan.troubleEnds), .resume(host, order)))
                time = time + asleep + awake
            }
            return .init(actions)
        case .starve:
            let delay = random.duration(from: .milliseconds(50), through: .seconds(3))
            let direction = random.index(below: 3)
            return .init([
                PlannedAction(
                    at: start,
                    .starve(
                        host, receive: direction != 0 ? delay : .zero,
                        send: direction != 1 ? delay : .zero)),
                PlannedAction(at: end, .starve(host, receive: .zero, send: .zero)),
            ])
        case .misdate:
            let error = length() * (random.index(below: 2) == 0 ? 1 : -1)
            return .init([PlannedAction(at: start, .setWallClock(host, wrongBy: error))])
        default: return .init([PlannedAction(at: start, .leapClock(host, by: length()))])
        }
    }

    private mutating func cutOff(
        _ kind: Kind, _ start: WorldInstant, _ end: WorldInstant
    ) -> SwarmPlan.Episode {
        let host = anyHost()
        let some = Probability(percent: 10 + UInt32(random.below(90)))
        switch kind {
        case .mute, .deafen, .isolate, .loseSome:
            let loss = kind == .loseSome ? some : .always
            let inbound = kind == .mute ? .never : loss
            let outbound = kind == .deafen ? .never : loss
            return .init([
                PlannedAction(at: start, .setHostLoss(host, inbound: inbound, outbound: outbound)),
                PlannedAction(at: end, .setHostLoss(host, inbound: .never, outbound: .never)),
            ])
        case .loseOnLink:
            let other = anyHost()
            return .init([
                PlannedAction(at: start, .setLinkLoss(from: host, to: other, .always)),
                PlannedAction(at: end, .setLinkLoss(from: host, to: other, .never)),
            ])
        default:
            cuts += 1
            let count = 1 + random.index(below: max(1, hostCount / 2))
            let inside = random.sample(count, of: Array(0..<hostCount)).sorted()
            return .init([
                PlannedAction(
                    at: start, .cut(inside: inside, isOneWay: kind == .splitOneWay, name: cuts)),
                PlannedAction(at: end, .heal(name: cuts)),
            ])
        }
    }

    private mutating func disturb(
        _ kind: Kind, _ start: WorldInstant, _ end: WorldInstant
    ) -> SwarmPlan.Episode {
        let some = Probability(percent: 5 + UInt32(random.below(40)))
        switch kind {
        case .storm:
            return .init([
                PlannedAction(at: start, .setLoss(some)), PlannedAction(at: end, .setLoss(.never)),
            ])
        case .duplicate:
            return .init([
                PlannedAction(at: start, .setDuplication(some)),
                PlannedAction(at: end, .setDuplication(.never)),
            ])
        case .reorder:
            let delay = random.duration(from: .milliseconds(5), through: .milliseconds(500))
            return .init([
                PlannedAction(at: start, .setReordering(some, by: delay)),
                PlannedAction(at: end, .setReordering(.never, by: .zero)),
            ])
        default:
            let slow = random.duration(from: .milliseconds(20), through: .milliseconds(800))
            return .init([
                PlannedAction(
                    at: start, .setLatency(LatencyDistribution(from: slow / 2, through: slow))),
                PlannedAction(at: end, .setLatency(latency)),
            ])
        }
    }

    private mutating func use(_ kind: Kind, _ start: WorldInstant) -> SwarmPlan.Episode {
        let host = anyHost()
        let bytes = (0..<(1 + random.index(below: 200))).map { _ in
            UInt8(truncatingIfNeeded: random.next())
        }
        return .init([
            PlannedAction(
                at: start,
                kind == .update
                    ? .setMetadata(host, bytes) : .broadcast(host, type: 7, payload: bytes))
        ])
    }
}
