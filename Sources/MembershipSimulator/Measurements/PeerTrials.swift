/// The same trials by the rules of another system, with the same network and seeds: the column
/// beside ours.
package struct PeerTrials: Sendable {
    /// The head of the column.
    package var name: String
    /// A process of a cluster of `size` is killed.
    package var kill: @Sendable (_ size: Int, _ seed: UInt64, _ loss: Probability) -> Trials.Kill
    /// The time until all have heard a member's news; nil if never.
    package var rumor: @Sendable (_ size: Int, _ seed: UInt64, _ loss: Probability) -> Duration?
    /// The cost of a period without events.
    package var calm:
        @Sendable (_ size: Int, _ seed: UInt64, _ loss: Probability, _ length: Duration)
            -> Trials.Calm
    /// The effect of an ordeal on healthy members and on those affected by it.
    package var ordeal:
        @Sendable (_ ordeal: Ordeal, _ seed: UInt64, _ loss: Probability) -> Ordeal.Outcome

    package init(
        name: String,
        kill: @escaping @Sendable (Int, UInt64, Probability) -> Trials.Kill,
        rumor: @escaping @Sendable (Int, UInt64, Probability) -> Duration?,
        calm: @escaping @Sendable (Int, UInt64, Probability, Duration) -> Trials.Calm,
        ordeal: @escaping @Sendable (Ordeal, UInt64, Probability) -> Ordeal.Outcome
    ) {
        self.name = name
        self.kill = kill
        self.rumor = rumor
        self.calm = calm
        self.ordeal = ordeal
    }
}
