import MembershipWire

/// One member being probed: a direct heartbeat, then relays and a second heartbeat, then a call by
/// stream, then a verdict.
///
/// SWIM, section 4.1. `direct` lasts t1, `indirect` half of the usual t2, `calling` the rest of t2:
/// another half, or longer for a slow member. An answer at any time ends the round.
struct ProbeRound: Sendable {
    enum Stage: Sendable {
        case direct
        case indirect
        case calling
    }

    /// The incarnation we probe; a newer one makes the round void.
    let incarnation: Incarnation
    /// t1 of this round, for the why-trail.
    let directTimeout: Duration
    var stage = Stage.direct
    /// The requests to relays, by the sequence of the frame, each with who was asked.
    var relays: [(sequence: UInt64, relay: NodeID)] = []
    var token: RelayToken?
    var nacks = 0
    /// Indirect rounds begun.
    var indirectRounds = 0
    /// What has become of the call by stream.
    var streamAttempt = Why.StreamAttempt.notTried
}

/// How many heartbeats to members that live go unanswered at first: the loss of our links, there and
/// back. A running mean over some sixteen answers, in thousandths.
struct LossEstimate: Sendable {
    private(set) var thousandths = 0
    private let memory: Int
    private let high: Int

    init(_ configuration: CoreConfiguration) {
        memory = configuration.lossMemory
        high = configuration.highLossPercent * 10
    }

    mutating func note(isLost: Bool) { thousandths += ((isLost ? 1000 : 0) - thousandths) / memory }

    /// 15 % there and back is 8 % one way: one silence proves little there.
    var isHigh: Bool { thousandths > high }
}

/// A heartbeat of ours that may still be answered.
struct OpenHeartbeat: Sendable {
    let target: NodeID
    let boot: BootID
    let sentAt: ClusterInstant
}

/// A heartbeat that we sent on behalf of another member.
struct RelayTask: Sendable {
    let requester: NodeID
    /// The sequence of the request, echoed in the answer.
    let echoedSequence: UInt64
    let target: NodeID
}
