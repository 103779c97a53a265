/// What `Cluster.events` delivers: first a snapshot, then every change.
///
/// A reader that falls behind is told so and given a new snapshot; it never holds up the protocol.
@nonexhaustive
public enum ClusterEvent: Hashable, Sendable {
    /// Everybody this node knows, itself included. The first event of every subscription.
    case snapshot([Member])
    /// A member is new, or back after it was dead or had left.
    case joined(Member)
    /// A member did not answer; it becomes `failed` unless it does.
    case suspected(Member)
    /// A suspected member answered.
    case recovered(Member)
    /// A member counts as dead.
    case failed(Member)
    /// A member said goodbye.
    case left(Member)
    /// A member restarted before it counted as dead: it is another process with the same identity, and
    /// `Member.boot` is another. What it had in memory is gone. A member that was dead is back by `joined`.
    case restarted(Member)
    /// A member changed its metadata, address or name; `was` is the member before. One that restarts with
    /// other metadata is told of by `restarted` first.
    case updated(Member, was: Member)
    /// A tombstone was dropped: its time was over or it was forgotten by command.
    case removed(Member)
    /// A message of the application, to all or to this member alone, of a type that no `Cluster.messages` reads.
    case message(from: NodeID, type: UInt16, payload: [UInt8])
    /// Something people should know that is no change of a member.
    case notice(ClusterNotice)
    /// The reader was too slow: `dropped` events are gone, this is where things stand now.
    case lagged(dropped: Int, snapshot: [Member])
}

/// Warnings and refusals that concern this node itself.
@nonexhaustive
public enum ClusterNotice: Hashable, Sendable {
    /// What a node keeps and can do without.
    public enum ForgottenFile: String, Hashable, Sendable {
        /// Whom it knew; without it a seed is needed to find the cluster.
        case members
        /// How far it had counted; without it the cluster says so.
        case incarnation
        /// Who may fetch new keys by a retired one; without it they fetch them from another member.
        case entitled
    }

    /// Joined by TCP, but heartbeats get no answer by UDP. [IR-08]
    case noUDP(to: NodeAlias, endpoint: Endpoint)
    /// A member has answered by TCP only, twice in a row: UDP between it and us is blocked. It stays
    /// alive, but news reaches it late.
    case onlyTCP(from: NodeAlias, endpoint: Endpoint)
    /// A member has signed two different statements under one incarnation: it lies, or two processes
    /// use its identity. Told once for each member.
    /// - Parameter proof: a PEERS message of both statements, which anybody can check by the key that
    ///   stands in them. Specs/Wire.md, sections 3 and 5.3.
    case contradiction(by: NodeAlias, at: Endpoint, proof: [UInt8])
    /// Two living members state one name. The first comer bears it, the other is called by its id;
    /// either may be this node.
    case nameContested(
        NodeAlias, bearer: NodeID, at: Endpoint, rival: NodeID, rivalAt: Endpoint)
    /// A member states the boot key of this node as its own, so that others take this node's frames for
    /// that member's. This node goes on under a new boot key. Told once a minute at most.
    case ownBootClaimed(by: NodeAlias, at: Endpoint)
    /// A file of the last life is damaged; it is at `path` now. The node goes on without it.
    case forgotten(ForgottenFile, path: String, reason: String)
    /// Another living process uses our identity; this node has stopped. [IR-20]
    case identityInUse(by: Endpoint)
    /// Nobody answered for 30 s: which seeds were tried, and what each said.
    case stillAlone(tried: [String])
    /// This node goes by another keyset: one step of a rotation that `by` drives (nil: unknown).
    /// `fingerprint` is of the key that now seals.
    case keysChanged(
        version: UInt64, stage: KeyringStatus.Stage, fingerprint: String, by: NodeID?)
    /// New cluster keys were not taken because they could not be stored: this node will be left behind
    /// until `path` can be written.
    case keysNotKept(path: String, reason: String)
    /// This host sends no datagram to a member: its socket has another address family, there is no
    /// route, or a firewall of this host refuses it; `errno` says which. Told once for each member.
    case cannotSend(to: NodeAlias, endpoint: Endpoint, errno: Int32)
    /// This process can open no further file, so connections wait: members that join, and fallback
    /// probes. Told once until it has been over for a minute. [IR-19]
    case tooManyFiles
    /// A provider of seeds has no answer; its last one counts, and it is asked again.
    case seedsUnknown(provider: String, reason: String)
    /// A seed refused us or could not be reached; it is tried again.
    case seedFailed(seed: String, failure: JoinFailure)
}
