import MembershipWire

/// The progress of a rotation: reported at the start of each stage, with every confirmation, and at
/// its end.
public struct KeyRotationProgress: Hashable, Sendable {
    /// The stage that is being confirmed. The last stage is `settled`: the old key is retired.
    public let stage: KeyringStatus.Stage
    /// The version of the keyset that is being confirmed.
    public let version: UInt64
    /// The fingerprint of the new key.
    public let fingerprint: String
    /// Number of members that hold it, this node included.
    public let confirmed: Int
    /// Number of members that must confirm, this node included.
    public let members: Int
    /// The member that has just confirmed; nil at the start of a stage.
    public let by: NodeAlias?
}

/// The result of a rotation.
public struct KeyRotationReport: Hashable, Sendable {
    /// The version of the keyset that all hold now.
    public let version: UInt64
    /// The fingerprint of the key that seals now.
    public let fingerprint: String
    /// True if this call finished an earlier rotation and began no new one.
    public let wasResumed: Bool
    /// Members that confirmed the last stage, this node included.
    public let confirmed: [NodeAlias]
    /// The members among them that hold the new key only in memory: give it to their next start.
    public let inMemoryOnly: [NodeAlias]
    /// The end of the old key's grace, in seconds since 1970; nil if it has none.
    public let oldKeyUntil: UInt64?
}

/// The reason why a rotation ended before it was complete. In every case the cluster keeps working
/// with its present keys, and a new request on any member continues the rotation.
@nonexhaustive
public enum KeyRotationError: Error, Hashable, Sendable {
    /// Not started yet, or stopped meanwhile.
    case notRunning
    /// This node already runs a rotation.
    case underWay
    /// The grace of the old key is outside 0 to 30 days.
    case graceOutOfRange(Duration)
    /// No living member has this name.
    case unknownMember(NodeAlias)
    /// These members did not confirm the stage in time. The next one was not begun.
    case notConfirmed(stage: KeyringStatus.Stage, [Refusal])
    /// A newer keyset has come: another rotation is under way, run by this member.
    case overtaken(version: UInt64, by: NodeID?)
    /// This node cannot store the new keys.
    case cannotKeep(path: String, reason: String)
    /// The task was cancelled.
    case cancelled(stage: KeyringStatus.Stage)
    /// The versions of keysets are used up, after 2^63 of them.
    case versionsExhausted

    /// A member that did not confirm.
    public struct Refusal: Hashable, Sendable {
        /// Its id.
        public let id: NodeID
        /// Its name.
        public let name: NodeAlias
        /// The reason, as far as we know.
        public let reason: Reason
    }

    /// The reason why a member did not confirm.
    public enum Reason: Hashable, Sendable {
        /// Nothing listens at its address.
        case connectionRefused
        /// No answer in time.
        case timedOut
        /// The network reports an error; `errno` says which.
        case unreachable(errno: Int32)
        /// It cannot store the new keys; its own log says why.
        case cannotKeep
        /// It holds another keyset and does not replace it.
        case declined
        /// It does not have the key that we used for the call.
        case unknownKey
        /// It has too many streams open.
        case busy
        /// It is leaving.
        case leaving
        /// It closed the connection or broke the protocol.
        case brokeOff
    }
}
