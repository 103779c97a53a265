package import MembershipWire

/// Everything a node can ask of the world. The only way out.
package enum Effect: Sendable {
    /// Seal under this sequence (never used twice in one boot) and send.
    case send(Datagram, sequence: UInt64, to: Destination)
    /// Connect and say hello; `under` a key that we have retired and the other side may still hold, or
    /// else the one that seals.
    case openStream(StreamID, to: Endpoint, StreamMessage.Hello, under: KeyID?)
    /// Write KEYS with the keyset that we hold.
    case sendKeys(StreamID)
    /// Take the keyset that this stream brought if it is newer than ours and can be stored. Answered by
    /// `StreamInput.tookKeys`.
    case takeKeys(StreamID)
    /// This identity has called under a retired key. If it was known when that was retired it gets KEYS
    /// and `.end(.retiredKey)`, else `.end(.unknownKey)`.
    case answerRetiredKey(StreamID, caller: NodeID)
    /// Before the handshake is complete, `.end(code)` means: refuse with this code, in clear.
    case writeStream(StreamID, StreamMessage)
    /// Close once everything written is out. Nothing about this stream is reported any more.
    case closeStream(StreamID)
    /// Connect, and close at once: only the answer of the machine matters. Answered by
    /// `Input.knocked`, `within` that time.
    case knock(KnockID, at: Endpoint, within: Duration)
    case notify(Notice)
}

/// Where a datagram goes: a boot at an address.
package struct Destination: Hashable, Sendable {
    package var endpoint: Endpoint
    package var boot: BootID
    package var bootKey: BootKey

    package init(endpoint: Endpoint, boot: BootID, bootKey: BootKey) {
        self.endpoint = endpoint
        self.boot = boot
        self.bootKey = bootKey
    }
}

/// A notice from the node to its owner.
package enum Notice: Sendable {
    case changed(MemberChange)
    /// The stream part and the heartbeat part of a join are done and the views agree, or the time
    /// for that is over (`viewsAgree` false).
    case joined(attempt: UInt64, JoinOutcome)
    case joinFailed(attempt: UInt64, JoinRefusal)
    /// Joined by stream, but no heartbeat to this member was answered.
    case noUDP(MemberRecord)
    /// This member has answered our probes by stream only, twice in a row.
    case streamOnly(MemberRecord)
    /// A later life of the same identity is running elsewhere: this one must stop.
    case identityInUse(by: Endpoint)
    /// `confirmations` members acknowledged the farewell.
    case leaveCompleted(confirmations: Int)
    case userMessage(origin: NodeID, type: UInt16, payload: [UInt8])
    /// The state that a member publishes is another; nil: it publishes none any more, is not a member, or there is
    /// no room for it.
    case stateChanged(of: NodeID, StateMap?)
    case talk(TalkNews)
    /// A message to this member alone.
    case memberMessage(from: NodeID, type: UInt16, payload: [UInt8])
    /// A member has signed two statements under one incarnation.
    case equivocation(Equivocation)
    /// A member states the name that another, which came first, bears. Either may be this node.
    case nameContested(bearer: MemberRecord, by: MemberRecord)
    /// Another member states our boot key as its own: continue under a new one (`Input.renewBoot`). At most
    /// once a minute.
    case ownBootClaimed(by: MemberRecord)
    /// A member that is dead to us states that it lives, and does not answer at the address that it
    /// states. Once for each boot, until it answers.
    case uncallable(MemberRecord)
    /// Others hold us for dead, and no heartbeat of ours is answered, though our own connections pass: the
    /// address that we state does not lead to us. `by`: those that have tried. At most once a minute.
    case ownAddressUncallable(Endpoint, by: [MemberRecord])
    /// The result of `KeysInput.give`.
    case keysGiven(attempt: UInt64, KeysAnswer)
    /// Our own record has changed: keep its incarnation on disk before the next start.
    case ownRecordChanged(MemberRecord)
}

/// News of the streams that carry messages of the application.
package enum TalkNews: Sendable {
    /// The member that was called has shown who it is: the message may be written.
    case began(StreamID, attempt: UInt64)
    /// Our call is over, for good or not; nothing more comes on it.
    case ended(attempt: UInt64, TalkEnd)
    /// A living member has called and shown who it is.
    case called(StreamID, from: NodeID)
    /// A part of a message, or of the answer to one.
    case data(StreamID, StreamMessage.DataPart)
    /// The stream of a caller is gone before its answer was complete.
    case callerGone(StreamID)
}

/// How a call ended.
package enum TalkEnd: Hashable, Sendable {
    case ended(StreamEndCode)
    case failed(StreamFailure)
    /// The member does not live, or another process has answered at its address.
    case gone
}

/// A member's answer to the keyset that we gave it.
package enum KeysAnswer: Hashable, Sendable {
    /// It holds the same now; perhaps for this run only.
    case confirmed(inMemoryOnly: Bool)
    /// It could not store it and continues with what it had.
    case cannotKeep
    /// It holds another one, and was not persuaded.
    case declined
    /// It could not be reached, or is not the one that we know at this address.
    case failed(StreamFailure)
    /// It turned us away: too much to do, leaving.
    case ended(StreamEndCode)
    /// No such member, or it does not live.
    case gone
}

package struct JoinOutcome: Hashable, Sendable {
    /// The member that took us in.
    package var seed: NodeID
    /// Members received in the peer list, alive ones.
    package var membersReceived: Int
    /// Alive in our view now, this node included.
    package var membersAlive: Int
    /// From the join input to now.
    package var elapsed: Duration
    package var udpWorks: Bool
    package var viewsAgree: Bool
    /// Members that got no answer at the address that this node states. Empty: none has said so.
    package var calledInVainBy: [NodeID] = []
}

package enum JoinRefusal: Hashable, Sendable {
    case stream(StreamFailure)
    /// The seed said so after the handshake.
    case ended(StreamEndCode)
    case aliasTaken(by: NodeID, at: Endpoint)
    /// The seed is this very node.
    case selfJoin
    case leaving
}

/// A change of what this node believes of one member.
package struct MemberChange: Sendable {
    package enum Kind: Hashable, Sendable {
        case joined, suspected, recovered, failed, left
        /// A living member is another process now.
        case restarted
        /// A living member has renewed its boot key.
        case renewed
        /// A living member has another address, name or metadata, or is called otherwise here.
        case updated
        case removed
    }

    package var kind: Kind
    package var record: MemberRecord
    /// The name that the member is shown under on this node, now: see `MemberStatus.name`.
    package var name: NodeAlias
    package var state: MemberState
    package var why: Why?

    package init(
        kind: Kind, record: MemberRecord, name: NodeAlias? = nil, state: MemberState, why: Why?
    ) {
        self.kind = kind
        self.record = record
        self.name = name ?? record.alias
        self.state = state
        self.why = why
    }
}

/// The accusers, the probes that were tried, and our own health: part of every suspicion and death.
package struct Why: Hashable, Sendable {
    package enum Evidence: Hashable, Sendable {
        /// Our own probe failed. `relaysAnswered` of the relays say that they failed too.
        case ownProbe(
            directTimeout: Duration, relaysAsked: Int, relaysAnswered: Int, stream: StreamAttempt)
        /// Another member said so.
        case hearsay
        /// It answered, by a higher incarnation.
        case refuted
        /// Our own suspicion is withdrawn: it acknowledged a heartbeat.
        case acknowledged
        /// Its process is gone: its machine refused us, and so many heartbeats went unanswered.
        case processGone(heartbeats: Int)
        /// It lives, but answers by stream only: datagrams do not pass between it and us.
        case streamOnly
    }

    /// The result of calling a silent member by stream (TCP).
    package enum StreamAttempt: Hashable, Sendable {
        case notTried
        /// Its machine says that no process listens there.
        case refused
        /// Nothing came back in time.
        case noAnswer
    }

    package var evidence: Evidence
    /// Sorted, distinct.
    package var accusers: [NodeID]
    /// Since its last ack to us; nil if there never was one.
    package var lastAckAge: Duration?
    /// Lifeguard's local health: 0 is well.
    package var ownHealth: Int
    /// For a suspect: from now until it counts as dead.
    package var deadline: Duration?
}
