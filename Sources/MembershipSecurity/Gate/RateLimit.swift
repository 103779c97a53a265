/// At most so many a second, and as many at once: a bucket that time refills.
struct RateLimit: Sendable {
    let perSecond: Int
    private var tokens: Int
    /// On the caller's clock; nil before the first request.
    private var refilledAt: Duration?

    init(perSecond: Int) {
        self.perSecond = perSecond
        tokens = perSecond
    }

    /// Whether one more may pass at `now`, by any clock that does not go back; if so it is counted.
    mutating func admits(at now: Duration) -> Bool {
        refill(at: now)
        guard tokens > 0 else { return false }
        tokens -= 1
        return true
    }

    private mutating func refill(at now: Duration) {
        guard let last = refilledAt else { return refilledAt = now }
        guard now > last else { return }
        let tokenTime = Duration.seconds(1) / perSecond
        let earned = now - last >= .seconds(1) ? perSecond : Int((now - last) / tokenTime)
        guard earned > 0 else { return }
        tokens = min(perSecond, tokens + earned)
        // What is left of a token's time counts for the next one.
        refilledAt = earned == perSecond ? now : last + tokenTime * earned
    }
}
