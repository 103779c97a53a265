package import MembershipWire

/// Everything that can happen to a node. The only way in.
package enum Input: Sendable {
    /// The sockets are bound and the clock runs.
    case start
    /// What time it is by the wall, in nanoseconds since 1970: now and then, and after it was set.
    /// It decides only whom to probe when; a wrong one costs evenness, not correctness.
    case clock(unixNanoseconds: Int64)
    /// A frame passed the gate and its plaintext the codec.
    case received(Datagram, sequence: UInt64, from: BootID, source: Endpoint)
    /// A frame for us from a boot that nobody told us of: it cannot be opened. Its maker holds the
    /// cluster key, or repeats one who does; nothing else is known.
    case stranger(BootID, sequence: UInt64, source: Endpoint)
    /// `nextDeadline` has come.
    case deadlineReached
    /// Something happened on a stream.
    case stream(StreamID, StreamInput)
    /// Ask this address for the peer list. `attempt` comes back in the answer.
    case join(Endpoint, attempt: UInt64)
    /// Say goodbye; ends with `Notice.leaveCompleted`.
    case leave
    /// New bytes for the own record; at most `Bounds.metadataBytes`, checked by the caller.
    case setMetadata([UInt8])
    /// Send to all members; at most `Bounds.userPayloadBytes`, checked by the caller.
    case broadcast(type: UInt16, payload: [UInt8])
    /// What was kept of the view of the last life, signatures unchecked: right after the start.
    case remember([Item])
    /// Drop a tombstone.
    case forget(NodeID)
    /// The boot key is used up: from now on we are this boot, and this is how it signs and proves.
    case renewBoot(BootKey, any StatementAuthenticator)
}

/// One stream of this node. Even: opened by us; odd: accepted.
package struct StreamID: Hashable, Comparable, Sendable {
    package let number: UInt64
    package init(_ number: UInt64) { self.number = number }
    package var isOurs: Bool { number & 1 == 0 }
    package static func < (a: Self, b: Self) -> Bool { a.number < b.number }
}

package enum StreamInput: Sendable {
    /// A message arrived. `remoteBoot` is the static key the handshake proved; nil only with
    /// `.hello`, which comes before any proof.
    case received(StreamMessage, remoteBoot: BootKey?)
    /// The stream is over before its `.end` came.
    case failed(StreamFailure)
}

/// Why a stream could not be used.
package enum StreamFailure: Hashable, Sendable {
    case refused
    case timedOut
    case unreachable(errno: Int32)
    /// The other side said so in clear, before the handshake: nobody vouches for it.
    case rejected(StreamEndCode)
    /// Cut, or the bytes made no sense.
    case broken
}
