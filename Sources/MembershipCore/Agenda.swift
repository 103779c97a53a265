/// The times at which the node acts next, and the random numbers that choose with whom and spread its acts
/// over time. The owner of the node gives it the time and the seed.
package struct Agenda: Sendable {
    var deadlines = DeadlineTable()
    var random: RandomSource

    init(seed: UInt64) { random = RandomSource(seed: seed) }

    /// The next deadline; nil before the start and after the end.
    package var next: ClusterInstant? { deadlines.next }
}
