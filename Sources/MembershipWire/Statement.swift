/// Statements of members about themselves and each other: the items (TLVs) of a message.
///
/// A statement is a claim signed by the member that makes it. Decoding checks its form only. The
/// core first checks whether it is new, and then whether it is true. Specs/Wire.md, section 3.

/// FULL: everything about a member, signed by itself.
package struct FullStatement: Equatable, Sendable {
    package var core: MemberCore
    package var incarnation: Incarnation
    package var standing: Standing
    package var signature: Signature

    package init(
        core: MemberCore, incarnation: Incarnation, standing: Standing, signature: Signature
    ) {
        self.core = core
        self.incarnation = incarnation
        self.standing = standing
        self.signature = signature
    }
}

/// The state that a member can claim for itself: present, or gone for good. It never says "dead".
package enum Standing: UInt8, Hashable, Sendable {
    case alive = 0
    case left = 1
}

/// REFRESH / LEFT: a new incarnation or a goodbye of a member whose core is known.
package struct RefreshStatement: Equatable, Sendable {
    package var member: NodeID
    package var corePrefix: UInt64
    package var incarnation: Incarnation
    package var standing: Standing
    package var signature: Signature

    package init(
        member: NodeID, corePrefix: UInt64, incarnation: Incarnation, standing: Standing,
        signature: Signature
    ) {
        self.member = member
        self.corePrefix = corePrefix
        self.incarnation = incarnation
        self.standing = standing
        self.signature = signature
    }
}

/// SUSPECT: one member accuses another of silence.
package struct SuspectStatement: Equatable, Sendable {
    package var target: NodeID
    package var corePrefix: UInt64
    package var incarnation: Incarnation
    package var accuser: NodeID
    package var signature: Signature

    package init(
        target: NodeID, corePrefix: UInt64, incarnation: Incarnation, accuser: NodeID,
        signature: Signature
    ) {
        self.target = target
        self.corePrefix = corePrefix
        self.incarnation = incarnation
        self.accuser = accuser
        self.signature = signature
    }
}

/// DEAD: a verdict (elsewhere: confirm), with the signatures of the accusers.
package struct DeadStatement: Equatable, Sendable {
    /// One accuser and its signature over the same text as in SUSPECT.
    package struct Accusation: Equatable, Sendable {
        package var accuser: NodeID
        package var signature: Signature

        package init(accuser: NodeID, signature: Signature) {
            self.accuser = accuser
            self.signature = signature
        }
    }

    package var target: NodeID
    package var corePrefix: UInt64
    package var incarnation: Incarnation
    /// At most `Bounds.accusersInDead`, strictly ascending by accuser.
    package var accusations: [Accusation]

    package init(
        target: NodeID, corePrefix: UInt64, incarnation: Incarnation, accusations: [Accusation]
    ) {
        self.target = target
        self.corePrefix = corePrefix
        self.incarnation = incarnation
        self.accusations = accusations
    }
}

/// VIEW: the sender's beliefs about all members, in 16 bytes.
package struct ViewDigest: Hashable, Sendable {
    /// Members that are alive or suspect.
    package var members: UInt32
    /// XOR of the hashes of all records, independent of their order.
    package var hash: UInt64
    /// Hash of the sender's keyring; 0 if keys were never rotated.
    package var keyringHash: UInt32

    package init(members: UInt32, hash: UInt64, keyringHash: UInt32) {
        self.members = members
        self.hash = hash
        self.keyringHash = keyringHash
    }
}

/// USER: a message of the application to all members.
package struct UserStatement: Equatable, Sendable {
    package var origin: NodeID
    package var sequence: UInt64
    /// How many more times it may be passed on.
    package var timeToLive: UInt8
    package var applicationType: UInt16
    /// At most `Bounds.userPayloadBytes`.
    package var payload: [UInt8]
    package var signature: Signature

    package init(
        origin: NodeID, sequence: UInt64, timeToLive: UInt8, applicationType: UInt16,
        payload: [UInt8], signature: Signature
    ) {
        self.origin = origin
        self.sequence = sequence
        self.timeToLive = timeToLive
        self.applicationType = applicationType
        self.payload = payload
        self.signature = signature
    }
}

/// DEGRADED: "I am slow myself; be patient with me and doubt my accusations."
package struct DegradedStatement: Equatable, Sendable {
    package var member: NodeID
    package var incarnation: Incarnation
    package var counter: UInt32
    package var signature: Signature

    package init(member: NodeID, incarnation: Incarnation, counter: UInt32, signature: Signature) {
        self.member = member
        self.incarnation = incarnation
        self.counter = counter
        self.signature = signature
    }
}

/// GONE: the machine of a member refuses connections to it, and the member does not answer.
///
/// Evidence beside a SUSPECT of the same accuser: a reader that knows this item looks for itself, and
/// one that does not loses nothing but time.
package struct GoneStatement: Equatable, Sendable {
    package var target: NodeID
    package var corePrefix: UInt64
    package var incarnation: Incarnation
    package var accuser: NodeID
    package var signature: Signature

    package init(
        target: NodeID, corePrefix: UInt64, incarnation: Incarnation, accuser: NodeID,
        signature: Signature
    ) {
        self.target = target
        self.corePrefix = corePrefix
        self.incarnation = incarnation
        self.accuser = accuser
        self.signature = signature
    }
}

/// One TLV of a message.
package enum Item: Equatable, Sendable {
    case full(FullStatement)
    case refresh(RefreshStatement)
    case suspect(SuspectStatement)
    case view(ViewDigest)
    case dead(DeadStatement)
    case user(UserStatement)
    /// RELAY, on the heartbeat that a relay sends: the requester, and the token that the target
    /// answers.
    case relay(requester: BootID, token: RelayToken)
    /// PROOF, on the ack to such a heartbeat.
    case proof(requester: BootID, proof: RelayProof)
    case degraded(DegradedStatement)
    case gone(GoneStatement)
    case state(StateStatement)
    /// STATE_VIEW: the hash of all states that the sender holds (Specs/Wire.md, section 8).
    case stateView(UInt64)
    /// HEARD, in lists only: the greatest sequence of that member's messages that the sender has heard.
    case heard(origin: NodeID, sequence: UInt64)
    /// A type from 0x01 to 0x7F that this version does not know: ignored, but kept, so that a
    /// message is encoded as it was decoded. (0x80 to 0xFF: the whole frame is dropped.)
    case unknown(type: UInt8, value: [UInt8])
}
