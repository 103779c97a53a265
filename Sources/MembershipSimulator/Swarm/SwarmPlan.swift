import MembershipCore

/// A random world and random faults, both decided by one number.
///
/// Swarm testing (Groce and others 2012): a run does not have a little of everything, but leaves
/// most kinds of faults out. The remaining kinds then meet in ways that an even mix never reaches.
/// Every episode ends before `troubleEnds`. A killed host may stay dead, except host 0, by which
/// all can find each other again.
package struct SwarmPlan: Sendable {
    package let seed: UInt64
    package var options: WorldOptions
    package var hostCount: Int
    package var starts: [PlannedAction] = []
    package var episodes: [Episode] = []

    /// One piece of trouble: the actions that begin it, continue it and end it.
    package struct Episode: Hashable, Sendable {
        package var actions: [PlannedAction]

        package init(_ actions: [PlannedAction]) { self.actions = actions }
    }

    package static let troubleStarts: WorldInstant = .beginning + .seconds(5)
    package static let troubleEnds: WorldInstant = .beginning + .seconds(45)

    /// - Parameters:
    ///   - holdsLifelines: also adds faults of long-lived connections.
    ///   - publishesState: members also write the states that they publish.
    package init(seed: UInt64, holdsLifelines: Bool = false, publishesState: Bool = false) {
        self.seed = seed
        var random = SeededRandom(seed: seed, label: "swarm")
        hostCount = Self.drawHostCount(&random)
        options = Self.drawOptions(&random)
        if hostCount <= 8, seed.isMultiple(of: 16) { options.fidelity = .sealed }
        for host in 0..<hostCount {
            let start = random.duration(from: .zero, through: .seconds(2))
            starts.append(PlannedAction(after: host == 0 ? .zero : start, .start(host)))
        }
        var dice = EpisodeDice(random: random, hostCount: hostCount, latency: options.latency)
        let kinds = dice.drawKinds()
        let count = dice.random.index(below: 7)
        for _ in 0..<count where !kinds.isEmpty {
            episodes.append(dice.draw(kinds[dice.random.index(below: kinds.count)]))
        }
        addLaterKinds()
        addStatementKinds()
        if holdsLifelines { addSuddenKinds() }
        if publishesState { addStateKinds() }
    }

    /// The same faults for a protocol with other constants.
    package func with(_ changes: ConstantChanges) -> SwarmPlan {
        var changed = self
        changed.options.configuration = changes.applied(to: options.configuration)
        return changed
    }

    /// Adds to every second plan links over a wide area, and kinds of faults that were added later.
    private mutating func addLaterKinds() {
        var random = SeededRandom(seed: seed, label: "later trouble")
        guard random.index(below: 2) == 0 else { return }
        if random.index(below: 5) == 0 {
            options.configuration = .wan
            options.latency = .wan
        }
        let kinds = EpisodeDice.Kind.later.filter { _ in random.index(below: 3) == 0 }
        let count = random.index(below: 4)
        var dice = EpisodeDice(random: random, hostCount: hostCount, latency: options.latency)
        for _ in 0..<count where !kinds.isEmpty {
            let kind = kinds[dice.random.index(below: kinds.count)]
            if kind == .crowd { starts.removeAll { $0.action.isStart(above: hostCount / 2) } }
            episodes.append(dice.draw(kind))
        }
    }

    /// To one plan in eight: members that are invented, or cannot be called. Their number grows with the
    /// cluster, so only small clusters have them.
    private mutating func addStatementKinds() {
        var random = SeededRandom(seed: seed, label: "statements")
        guard hostCount > 2, hostCount <= 8, random.index(below: 4) == 0 else { return }
        let kinds = StatementDice.Kind.allCases
        let kind = kinds[random.index(below: kinds.count)]
        var dice = StatementDice(random: random, hostCount: hostCount)
        episodes.append(dice.draw(kind))
    }

    /// Faults of connections: in two of three plans, and only if members keep connections open.
    /// Without lifelines a connection lives for milliseconds, and the plans are those of before.
    private mutating func addSuddenKinds() {
        options.configuration.holdsLifelines = true
        var random = SeededRandom(seed: seed, label: "sudden death")
        guard random.index(below: 3) > 0 else { return }
        var dice = SuddenDice(random: random, hostCount: hostCount)
        episodes += dice.drawEpisodes()
    }

    /// Writes of states, in every plan.
    private mutating func addStateKinds() {
        let random = SeededRandom(seed: seed, label: "member state")
        var dice = StateDice(random: random, hostCount: hostCount)
        episodes += dice.drawEpisodes()
    }

    /// Whether no episode is left. Then no member may be suspected.
    package var isFaultless: Bool {
        options.loss == .never
            && !episodes.contains { $0.actions.contains { $0.action.isFault } }
    }

    /// All planned actions, one a line.
    package var text: String {
        let loss = options.loss == .never ? "" : ", loss \(options.loss.text)"
        let latency = options.latency
        var lines = [
            "seed \(seed): \(hostCount) hosts, latency \(latency.shortest.shortText) to "
                + "\(latency.longest.shortText)\(loss), "
                + "suspicion \(options.configuration.shortestSuspicion.shortText) to "
                + options.configuration.longestSuspicion.shortText
        ]
        for (number, episode) in episodes.enumerated() {
            for planned in episode.actions {
                lines.append("  \(number + 1)  \(planned.time.text)  \(planned.action.text)")
            }
        }
        return lines.joined(separator: "\n")
    }

    private static func drawHostCount(_ random: inout SeededRandom) -> Int {
        switch random.index(below: 10) {
        case 0..<6: 2 + random.index(below: 7)
        case 6..<9: 9 + random.index(below: 8)
        default: 17 + random.index(below: 16)
        }
    }

    private static func drawOptions(_ random: inout SeededRandom) -> WorldOptions {
        var options = WorldOptions(configuration: random.index(below: 5) == 0 ? .local : .lan)
        let losses: [UInt32] = [0, 0, 0, 0, 10_000, 10_000, 10_000, 50_000]
        options.loss = Probability(millionths: losses[random.index(below: losses.count)])
        switch random.index(below: 6) {
        case 0: options.latency = .loopback
        case 1:
            options.latency = LatencyDistribution(
                from: .milliseconds(1), through: .milliseconds(20),
                stragglers: Probability(percent: 1), by: .milliseconds(60))
        default: options.latency = .lan
        }
        options.fidelity = .encoded
        return options
    }
}

extension Action {
    /// A first start of a host from `index` on.
    fileprivate func isStart(above index: Int) -> Bool {
        if case .start(let host) = self { host >= index && host > 0 } else { false }
    }
}
