import MembershipWire

/// How far this node should distrust itself: 0 is healthy, 8 is worst.
///
/// Lifeguard, section IV.A (LHM). A failed probe, a relay's missing nack and having to refute make
/// it worse; an ack makes it better. It stretches our timeouts, so that a slow node accuses less.
struct LocalHealth: Sendable {
    private(set) var score = 0
    private let worst: Int

    init(_ configuration: CoreConfiguration) { worst = configuration.worstHealth }

    mutating func improve() { score = max(0, score - 1) }

    mutating func worsen(by amount: Int = 1) { score = min(worst, score + max(0, amount)) }

    func stretched(_ timeout: Duration) -> Duration { timeout * (score + 1) }
}
