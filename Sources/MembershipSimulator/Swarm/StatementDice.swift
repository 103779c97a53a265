import MembershipCore

/// Draws episodes of members whose statements promise more than there is.
///
/// It has a separate source of chance, so that the plans of older seeds mean the same trouble as ever
/// (`SwarmPlan.addStatementKinds`).
struct StatementDice {
    enum Kind: CaseIterable {
        case ghosts, uncallable
    }

    /// Invented members for each real one.
    static let ghostsPerHost = 10

    private var random: SeededRandom
    private let hostCount: Int

    init(random: SeededRandom, hostCount: Int) {
        self.random = random
        self.hostCount = hostCount
    }

    mutating func draw(_ kind: Kind) -> SwarmPlan.Episode {
        let trouble = SwarmPlan.troubleEnds - SwarmPlan.troubleStarts
        let start = SwarmPlan.troubleStarts + random.duration(from: .zero, through: trouble / 2)
        let host = random.index(below: hostCount)
        switch kind {
        case .ghosts:
            let length = random.duration(from: .seconds(2), through: SwarmPlan.troubleEnds - start)
            return .init(
                PlannedAction.ghosts(
                    Self.ghostsPerHost * hostCount, by: host, from: start, for: length))
        case .uncallable:
            let end = min(
                start + .milliseconds(400 << random.index(below: 7)), SwarmPlan.troubleEnds)
            return .init([
                PlannedAction(at: start, .setUncallable(host, true)),
                PlannedAction(at: end, .setUncallable(host, false)),
            ])
        }
    }
}
