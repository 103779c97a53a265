import MembershipWire

/// Every knob of the protocol, with its unit and its reason. Specs/Protocol.md, "Constants".
///
/// Three profiles cover most uses, and `tolerance` is the one knob that most people need.
package struct CoreConfiguration: Hashable, Sendable {
    /// One heartbeat to one member per period. Shorter: faster detection, more traffic.
    package var period: Duration
    /// Bounds of t1, the time a direct heartbeat may take. The lower one must exceed a scheduling
    /// hiccup; the upper one bounds detection.
    package var directTimeout: ClosedRange<Duration>
    /// Shortest suspicion: three independent accusers. Equals the user's `tolerance`.
    package var shortestSuspicion: Duration
    /// Longest suspicion: one accuser, or hearsay.
    package var longestSuspicion: Duration
    /// How long news waits for company before its first wave. Longer: fewer datagrams.
    package var coalesce: Duration
    /// From the first wave of a rumor to its first repair wave; doubles each time.
    package var repairGap: Duration
    /// Members asked to relay a heartbeat that got no ack. SWIM's k.
    package var relays = 3
    /// Members the first wave of a rumor goes to, and each later one.
    package var firstWave = 6
    package var repairWave = 2
    /// Datagrams of gossip per second, and at once. Heartbeats and acks are outside.
    package var gossipPerSecond = 200
    /// Own view unchanged for this long before a differing digest means more than news on its way.
    package var quietBeforeSync: Duration = .seconds(1)
    /// How long the dead and the left are remembered, so that old rumors cannot revive them.
    package var tombstoneAge: Duration = .seconds(24 * 3600)
    /// How long a tombstone counts in the digest and travels in peer lists.
    package var sharedTombstoneAge: Duration = .seconds(3600)
    /// Living members a node will hold.
    package var memberLimit = Bounds.membersDefault
    /// The dead and the left that it remembers beside them.
    package var tombstoneLimit = Bounds.tombstones
    package var entryLimit: Int { memberLimit + tombstoneLimit }

    package static let lan = CoreConfiguration(
        period: .seconds(1), directTimeout: .milliseconds(50) ... .milliseconds(500),
        shortestSuspicion: .seconds(2), longestSuspicion: .seconds(8),
        coalesce: .milliseconds(2), repairGap: .milliseconds(8))

    package static let wan = CoreConfiguration(
        period: .seconds(1), directTimeout: .milliseconds(50) ... .milliseconds(500),
        shortestSuspicion: .seconds(3), longestSuspicion: .seconds(12),
        coalesce: .milliseconds(5), repairGap: .milliseconds(40), goneWindow: .milliseconds(500))

    package static let local = CoreConfiguration(
        period: .milliseconds(500), directTimeout: .milliseconds(30) ... .milliseconds(500),
        shortestSuspicion: .milliseconds(800), longestSuspicion: .milliseconds(3_200),
        coalesce: .milliseconds(1), repairGap: .milliseconds(4), goneWindow: .milliseconds(60))

    /// Whether this node watches members, and lets itself be watched, by connections that stay open
    /// (Specs/Protocol.md, "Lifelines").
    package var holdsLifelines = false
    /// How long a member has that is accused of being gone. Shorter: faster, and less time to refute.
    package var goneWindow: Duration = .milliseconds(150)

    /// The same with another tolerance: the longest suspicion keeps its ratio of four.
    package func tolerating(_ silence: Duration) -> CoreConfiguration {
        var changed = self
        changed.shortestSuspicion = silence
        changed.longestSuspicion = silence * 4
        return changed
    }

    init(
        period: Duration, directTimeout: ClosedRange<Duration>, shortestSuspicion: Duration,
        longestSuspicion: Duration, coalesce: Duration, repairGap: Duration,
        goneWindow: Duration = .milliseconds(150)
    ) {
        self.period = period
        self.directTimeout = directTimeout
        self.shortestSuspicion = shortestSuspicion
        self.longestSuspicion = longestSuspicion
        self.coalesce = coalesce
        self.repairGap = repairGap
        self.goneWindow = goneWindow
    }
}

extension CoreConfiguration {
    /// How late a timer may fire before we conclude that it was us who slept.
    static let lateTimer: Duration = .milliseconds(100)
    /// How long accusations and verdicts wait while nobody at all answers us: longer than most broken
    /// links last.
    static let patienceWithOwnLink: Duration = .seconds(30)
    /// After a late wake-up: how long we neither accuse nor pronounce.
    static let graceAfterSleep: Duration = .seconds(1)
    /// How long an answered heartbeat is worth anything.
    static let openHeartbeatAge: Duration = .seconds(5)
    /// How long a join waits for heartbeats to pass and views to agree.
    static let joinPatience: Duration = .seconds(3)
    /// How long a farewell waits for its confirmations, and for how many.
    static let leavePatience: Duration = .seconds(5)
    static let leaveConfirmations = 2
    /// A stream that has not ended by then never will.
    static let streamPatience: Duration = .seconds(30)
    static let outgoingSyncs = 4
    /// Members being called by stream at once because they do not answer datagrams, and how long
    /// each call may take.
    static let outgoingCalls = 4
    static let callPatience: Duration = .seconds(3)
    /// How long a member shows another keyring hash before we talk with it about keys; then how long
    /// until the same member is called again, where that did not help.
    static let keysDifference: Duration = .seconds(1)
    static let longestKeysPause: Duration = .seconds(300)
    /// A talk about keys, disks included.
    static let keysPatience: Duration = .seconds(10)
    /// Members being called at once because they used a retired key, and how often each.
    static let outgoingCallsBehind = 8
    static let callBehindPause: Duration = .seconds(5)
    /// Rounds of relays and second heartbeats where much gets lost.
    static let indirectRoundsUnderLoss = 3
    /// A round trip, or a timer of our own, that is this late is a sign of a starved process.
    static let slowAnswer: Duration = .milliseconds(400)
    /// How long a member that was slow is given longer, and how much.
    static let slownessMemory: Duration = .seconds(60)
    static let indirectTimeoutOfSlow: Duration = .milliseconds(3_500)
    static let shortestSuspicionOfSlow: Duration = .seconds(6)
    /// How often we contradict what is said of us, at most.
    static let refutationPause: Duration = .milliseconds(200)
    /// How often we tell the others that we are starved, at most.
    static let degradedPause: Duration = .seconds(30)
    static let incomingStreams = 64
    static let incomingSyncs = 16
}
