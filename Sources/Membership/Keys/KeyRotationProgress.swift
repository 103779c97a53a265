import MembershipWire

/// How far a rotation has come: told at the start of each stage, with every confirmation, and at its end.
public struct KeyRotationProgress: Hashable, Sendable {
    /// The stage that is being confirmed. The last one is `settled`: the old key is retired.
    public let stage: KeyringStatus.Stage
    /// Of the keyset that is being confirmed.
    public let version: UInt64
    /// Of the new key.
    public let fingerprint: String
    /// Members that hold it, this node included, and all that must.
    public let confirmed: Int
    /// All that must, this node included.
    public let members: Int
    /// Who confirmed just now; nil at the start of a stage.
    public let by: NodeAlias?
}

/// What a rotation has done.
public struct KeyRotationReport: Hashable, Sendable {
    /// Of the keyset that all hold now.
    public let version: UInt64
    /// Of the key that seals now.
    public let fingerprint: String
    /// Whether a rotation that had been begun earlier was finished, and no new one begun.
    public let wasResumed: Bool
    /// Members that confirmed the last stage, this node included.
    public let confirmed: [NodeAlias]
    /// Of those, who holds the new key in memory only: at their next start they must be given it.
    public let inMemoryOnly: [NodeAlias]
    /// Until when the old key lets members fetch the new one, in seconds since 1970; nil: not at all.
    public let oldKeyUntil: UInt64?
}

/// Why a rotation ended before all was done. In every case the cluster works on with what it has; asked
/// again, on any member, the rotation goes on from there.
@nonexhaustive
public enum KeyRotationError: Error, Hashable, Sendable {
    /// Not started yet, or stopped meanwhile.
    case notRunning
    /// A rotation is driven from this node already.
    case underWay
    /// The grace of the old key is outside 0 to 30 days.
    case graceOutOfRange(Duration)
    /// No living member has this name.
    case unknownMember(NodeAlias)
    /// These members did not confirm the stage in time. The next one was not begun.
    case notConfirmed(stage: KeyringStatus.Stage, [Refusal])
    /// A newer keyset has come: another rotation is under way, driven by this member.
    case overtaken(version: UInt64, by: NodeID?)
    /// This node cannot store the new keys.
    case cannotKeep(path: String, reason: String)
    /// The task was cancelled.
    case cancelled(stage: KeyringStatus.Stage)
    /// The versions of keysets are used up, after 2^63 of them.
    case versionsExhausted

    /// A member that did not confirm.
    public struct Refusal: Hashable, Sendable {
        /// Who.
        public let id: NodeID
        /// What it is called.
        public let name: NodeAlias
        /// Why, as far as we know.
        public let reason: Reason
    }

    /// Why a member did not confirm.
    public enum Reason: Hashable, Sendable {
        /// Nothing listens at its address.
        case connectionRefused
        /// No answer in time.
        case timedOut
        /// The network says no; `errno` says why.
        case unreachable(errno: Int32)
        /// It cannot store the new keys; its own log says why.
        case cannotKeep
        /// It holds another keyset and keeps to it.
        case declined
        /// It does not have the key that we call it under.
        case unknownKey
        /// It has too many streams open.
        case busy
        /// It is leaving.
        case leaving
        /// It hung up, or broke the rules.
        case brokeOff
    }
}
