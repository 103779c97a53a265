/// A token bucket: at most `perSecond` tokens a second, and at most `burst` at once.
///
/// Time is an argument, so that runs replay; arithmetic uses whole numbers for the same reason.
/// Invariant: `0 <= nanotokens <= burst × 10⁹`, and no instant is counted twice.
package struct TokenBucket: Hashable, Sendable {
    package let perSecond: Int
    package let burst: Int
    /// Billionths of the tokens that may still be taken.
    private var nanotokens: Int64
    /// On the caller's clock; nil before the first call.
    private var filledAt: Duration?

    private static let whole: Int64 = 1_000_000_000

    /// A full bucket.
    ///
    /// - Parameter burst: how many at once; by default the tokens of one second. Both are from 1 to
    ///   a million.
    package init(perSecond: Int, burst: Int? = nil) {
        let sizes = 1...1_000_000
        precondition(sizes.contains(perSecond) && sizes.contains(burst ?? perSecond))
        self.perSecond = perSecond
        self.burst = burst ?? perSecond
        nanotokens = Int64(self.burst) * Self.whole
    }

    /// The number of tokens available at `now`, by any clock that does not go back.
    package mutating func available(at now: Duration) -> Int {
        fill(at: now)
        return Int(nanotokens / Self.whole)
    }

    /// Takes `count` tokens if there are that many, otherwise none.
    package mutating func take(_ count: Int = 1, at now: Duration) -> Bool {
        guard count <= available(at: now) else { return false }
        nanotokens -= Int64(count) * Self.whole
        return true
    }

    /// The time from `now` until that many are available; zero if they are. There are never more
    /// than `burst`.
    package mutating func wait(for count: Int, at now: Duration) -> Duration {
        fill(at: now)
        let missing = Int64(min(count, burst)) * Self.whole - nanotokens
        guard missing > 0 else { return .zero }
        return .nanoseconds((missing + Int64(perSecond) - 1) / Int64(perSecond))
    }

    /// Whether the bucket is full again.
    package mutating func isFull(at now: Duration) -> Bool { available(at: now) == burst }

    private mutating func fill(at now: Duration) {
        guard let last = filledAt, now > last else {
            if filledAt == nil { filledAt = now }
            return
        }
        filledAt = now
        let limit = Int64(burst) * Self.whole
        // A longer time than filling an empty bucket has the same effect; the limit prevents an
        // overflow.
        let fillTime = Duration.seconds(burst / perSecond + 1)
        let elapsed = min(now - last, fillTime)
        let (seconds, attoseconds) = elapsed.components
        let nanoseconds = seconds * Self.whole + attoseconds / Self.whole
        nanotokens = min(limit, nanotokens + nanoseconds * Int64(perSecond))
    }
}
