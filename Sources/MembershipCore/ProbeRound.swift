import MembershipWire

/// One member being probed: a direct heartbeat, then relays and a second heartbeat, then a verdict.
///
/// SWIM, section 4.1. `direct` lasts t1, `indirect` t2; an ack at any time ends the round.
struct ProbeRound: Sendable {
    enum Stage: Sendable {
        case direct
        case indirect
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
