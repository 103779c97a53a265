import MembershipWire

/// How many unknown members one teller may bring by datagram, and all callers that have never answered us by
/// stream: 64 at once, then 5 a second.
///
/// A newcomer costs one signature of an identity that is made up, and has the benefit of the doubt until
/// it is suspected (`Answers`). So the sender of a datagram is held to a measure. Beyond it newcomers are
/// not lost: a sync brings them. An introduction comes from the newcomer itself, and any process that holds the
/// cluster key can make one, so all introductions share one measure.
///
/// Invariant: at most `capacity` tellers are remembered; those beyond share one measure.
struct NewcomerLimits: Sendable {
    private let perSecond: Int
    private let burst: Int
    private let capacity: Int
    private var tellers: [NodeID: TokenBucket] = [:]
    private var others: TokenBucket
    private var introductions: TokenBucket
    private var strangers: TokenBucket
    private var roomMadeAt: ClusterInstant?

    init(_ configuration: CoreConfiguration) {
        perSecond = configuration.newcomersPerSecond
        burst = configuration.newcomerBurst
        capacity = configuration.tellersRemembered
        others = TokenBucket(perSecond: perSecond, burst: burst)
        introductions = TokenBucket(
            perSecond: configuration.introductionsPerSecond,
            burst: configuration.introductionBurst)
        strangers = TokenBucket(perSecond: perSecond, burst: burst)
    }

    /// Whether this member may tell of one more unknown member now; if so it is counted.
    mutating func admits(from teller: NodeID, at now: ClusterInstant) -> Bool {
        if tellers[teller] == nil { makeRoom(at: now) }
        guard tellers[teller] != nil || tellers.count < capacity else {
            return others.take(at: now - .origin)
        }
        return tellers[teller, default: TokenBucket(perSecond: perSecond, burst: burst)]
            .take(at: now - .origin)
    }

    /// The same of an unknown member that introduces itself.
    mutating func admitsIntroduction(at now: ClusterInstant) -> Bool {
        introductions.take(at: now - .origin)
    }

    /// The same of one in a stream that a member opened which has never answered us: any number of identities
    /// can open streams, so all of them share one measure.
    mutating func admitsFromStranger(at now: ClusterInstant) -> Bool {
        strangers.take(at: now - .origin)
    }

    /// Forgets tellers that have their whole measure again, at most once a second.
    private mutating func makeRoom(at now: ClusterInstant) {
        guard tellers.count >= capacity, roomMadeAt.map({ now - $0 >= .seconds(1) }) ?? true
        else { return }
        roomMadeAt = now
        for (teller, bucket) in tellers {
            var bucket = bucket
            if bucket.isFull(at: now - .origin) { tellers[teller] = nil }
        }
    }
}
