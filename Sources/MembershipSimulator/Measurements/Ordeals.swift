import MembershipCore

/// Faults that must not make healthy members be declared dead. Ten of a hundred members are
/// affected; the measure is the fate of the others.
package enum Ordeal: String, CaseIterable, Sendable {
    case crash
    case shortPause = "pause-1s"
    case pauseWithinTolerance = "pause-2s"
    case longPause = "pause-4s"
    case starvedReceive = "starved"
    case muteAndDeaf = "mute-deaf"
    case heavyLoss = "loss-20s"

    /// The text in the table.
    package var title: String {
        switch self {
        case .crash: "10 of 100 crash"
        case .shortPause: "10 of 100 pause for 1 s"
        case .pauseWithinTolerance: "10 of 100 pause for 2 s"
        case .longPause: "10 of 100 pause for 4 s"
        case .starvedReceive: "10 of 100 receive 1 s late for 20 s"
        case .muteAndDeaf: "10 of 100 mute and deaf for 20 s"
        case .heavyLoss: "20 % loss for 20 s, N = 100"
        }
    }

    package struct Outcome: Sendable {
        /// Healthy members declared dead by healthy observers.
        package var healthyByHealthy = 0
        /// Healthy members declared dead by any observer: pairs of observer and member.
        package var healthyByAnybody = 0
        /// Members that were only paused or slow, declared dead by any observer: distinct members.
        package var sufferers = 0

        package init() {}
    }

    /// The time for which an ordeal is observed.
    package static let length: Duration = .seconds(40)

    package func run(in formed: World, seed: UInt64) -> Outcome {
        var world = formed
        let plan = plan(
            count: world.hosts.count, from: world.now, seed: seed, usualLoss: world.options.loss)
        world.plan(plan.actions)
        var watch = DeathWatch()
        world.run(for: Self.length, observer: &watch)
        return outcome(of: watch.deaths, sufferers: plan.sufferers)
    }

    /// The actions and the affected hosts: the same for every set of rules.
    package func plan(
        count: Int, from start: WorldInstant, seed: UInt64, usualLoss: Probability
    ) -> (actions: [PlannedAction], sufferers: [Int]) {
        guard self != .heavyLoss else {
            let actions = [
                PlannedAction(at: start, .setLoss(Probability(percent: 20))),
                PlannedAction(at: start + .seconds(20), .setLoss(usualLoss)),
            ]
            return (actions, [])
        }
        var random = SeededRandom(seed: seed, label: "ordeal")
        let sufferers = random.sample(count / 10, of: Array(0..<count))
        var actions: [PlannedAction] = []
        for host in sufferers {
            let offset = random.duration(from: .zero, through: .seconds(1))
            actions += self.actions(on: host, from: start + offset, random: &random)
        }
        return (actions, sufferers)
    }

    package func outcome(of deaths: [DeathWatch.Death], sufferers: [Int]) -> Outcome {
        let suffering = Set(sufferers)
        var outcome = Outcome()
        var buried: Set<Int> = []
        for death in deaths {
            if suffering.contains(death.member) {
                if self != .crash { buried.insert(death.member) }
            } else {
                outcome.healthyByAnybody += 1
                if !suffering.contains(death.observer) { outcome.healthyByHealthy += 1 }
            }
        }
        outcome.sufferers = buried.count
        return outcome
    }

    private func actions(
        on host: Int, from start: WorldInstant, random: inout SeededRandom
    ) -> [PlannedAction] {
        let order: WakeOrder = random.index(below: 2) == 0 ? .socketsFirst : .timersFirst
        func pause(_ duration: Duration) -> [PlannedAction] {
            [
                PlannedAction(at: start, .pause(host)),
                PlannedAction(at: start + duration, .resume(host, order)),
            ]
        }
        switch self {
        case .crash: return [PlannedAction(at: start, .crash(host))]
        case .shortPause: return pause(.seconds(1))
        case .pauseWithinTolerance: return pause(.seconds(2))
        case .longPause: return pause(.seconds(4))
        case .starvedReceive:
            return [
                PlannedAction(at: start, .starve(host, receive: .seconds(1), send: .zero)),
                PlannedAction(
                    at: start + .seconds(20), .starve(host, receive: .zero, send: .zero)),
            ]
        case .muteAndDeaf:
            return [
                PlannedAction(
                    at: start, .setHostLoss(host, inbound: .always, outbound: .always)),
                PlannedAction(
                    at: start + .seconds(20),
                    .setHostLoss(host, inbound: .never, outbound: .never)),
            ]
        case .heavyLoss: return []
        }
    }
}
