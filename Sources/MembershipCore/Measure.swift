/// A measure that time refills: so much at once, and then one for each pause. For rates below one a second, too.
///
/// Invariant: `left <= burst`, it is below -1 only after `overdraw`, and no moment is counted twice.
struct Measure: Sendable {
    private let burst: Int
    private let pause: Duration
    private var left: Int
    /// When `left` was last filled up.
    private var countedAt: ClusterInstant

    /// A full one. Pauses are whole milliseconds, at least one.
    init(_ burst: Int, every pause: Duration, at now: ClusterInstant) {
        self.burst = burst
        self.pause = pause
        left = burst
        countedAt = now
    }

    private mutating func fill(at now: ClusterInstant) {
        let earned = Int(clamping: (now - countedAt).milliseconds / pause.milliseconds)
        guard earned > 0 else { return }
        left = min(burst, left + min(earned, burst - left))
        countedAt = countedAt + pause * earned
    }

    mutating func isEmpty(at now: ClusterInstant) -> Bool {
        fill(at: now)
        return left <= 0
    }

    mutating func take(at now: ClusterInstant) -> Bool {
        guard !isEmpty(at: now) else { return false }
        left -= 1
        return true
    }

    mutating func giveBack() { left = min(burst, left + 1) }

    /// Takes one even if none is there, but not twice: it is missing afterwards.
    mutating func takeAhead(at now: ClusterInstant) -> Bool {
        fill(at: now)
        guard left >= 0 else { return false }
        left -= 1
        return true
    }

    /// Takes `count`, or as many as there are.
    mutating func charge(_ count: Int, at now: ClusterInstant) {
        fill(at: now)
        left = max(min(left, 0), left - count)
    }

    /// Takes `count`, whether they are there or not: what is missing must be refilled first, at most `burst` four times.
    mutating func overdraw(_ count: Int, at now: ClusterInstant) {
        fill(at: now)
        left = max(-burst * 4, left - count)
    }

    /// When one more will be there, if none is.
    var refill: ClusterInstant { countedAt + pause }

    /// Whether nothing is missing.
    func isFull(at now: ClusterInstant) -> Bool {
        left == burst || now - countedAt >= pause * (burst - left)
    }
}
